# Carries the recorder of ct-tui into a Python interpreter.
#
# `site` imports a module of this name at start-up. This one takes its own folder off `sys.path`, loads the recorder, and
# then imports the `sitecustomize` that it stood in front of, so that the program finds everything as it would without.
# It must parse, stay silent and do nothing else in any Python, however old: no syntax here is younger than 2.6.
# Nothing is imported that `site` has not imported already.

import os
import sys


def _bootstrap(module, here):
    # Gone before anything else is imported. The reference in `module` keeps our globals alive in Python 2.
    sys.modules.pop("sitecustomize", None)
    sys.path[:] = [entry for entry in sys.path if entry != here]
    sys.path_importer_cache.pop(here, None)

    trace = os.environ.get("CT_TUI_TRACE")
    recorder = os.environ.get("CT_TUI_RECORDER")
    if trace and recorder and os.path.dirname(recorder) == here:
        only_first = os.environ.get("CT_TUI_FOLLOW") == "0"
        try:
            reason = None
            if not only_first or _first(trace):
                reason = _unsuitable() or _start(recorder)
            if reason:
                _note(trace, reason)
        except Exception:
            # A full disk, a directory that is gone: the program must not notice.
            pass
        if only_first:
            _forget(here)

    # Exactly what `site` would have done. If there is no other, this raises, and `site` passes over that error.
    import sitecustomize


def _first(trace):
    # Whoever makes this file is the first Python of the run.
    try:
        os.close(os.open(os.path.join(trace, "first"), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 384))
        return True
    except OSError:
        return False


def _unsuitable():
    version = sys.version_info
    name = getattr(getattr(sys, "implementation", None), "name", None)
    if (name or "cpython") != "cpython" or "__pypy__" in sys.builtin_module_names:
        return "not CPython, and only CPython 3.10 or newer can be recorded"
    if version < (3, 10):
        return "Python %d.%d is too old, 3.10 or newer is needed" % (version[0], version[1])
    if "t" in getattr(sys, "abiflags", ""):
        return "a free-threaded build of Python cannot be recorded"
    return None


def _start(recorder):
    # The import system's own parts, which are always there; `import importlib` would leave a trace in `sys.modules`.
    external = sys.modules["_frozen_importlib_external"]
    internal = sys.modules["_frozen_importlib"]
    name = "_ct_tui_recorder"
    try:
        loader = external.ExtensionFileLoader(name, recorder)
        extension = internal.module_from_spec(external.spec_from_file_location(name, recorder, loader=loader))
        loader.exec_module(extension)
        extension.start()
    except Exception as error:
        return "the recorder cannot be loaded: %s" % (error,)
    return None


def _forget(here):
    # `--no-follow`: what this process starts is not recorded and does not see us.
    for name in ("CT_TUI_TRACE", "CT_TUI_RECORDER", "CT_TUI_FOLLOW", "CT_TUI_CONTROL"):
        os.environ.pop(name, None)
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if entries and entries[0] == here:
        del entries[0]
    if entries:
        os.environ["PYTHONPATH"] = os.pathsep.join(entries)
    else:
        os.environ.pop("PYTHONPATH", None)


def _above(trace):
    # The folder of the process that started us, perhaps through programs that are not recorded.
    pid = os.getppid()
    for _ in range(32):
        if pid <= 1:
            break
        name = str(pid)
        if os.path.isdir(os.path.join(trace, name)):
            number = 2
            while os.path.isdir(os.path.join(trace, "%d.%d" % (pid, number))):
                name = "%d.%d" % (pid, number)
                number += 1
            return '"%s"' % name
        handle = os.open("/proc/%d/stat" % pid, os.O_RDONLY)
        try:
            text = os.read(handle, 1024)
        finally:
            os.close(handle)
        pid = int(text[text.rindex(b")") + 1 :].split()[1])
    return "null"


def _note(trace, reason):
    # A process folder with nothing but its description, which says why nothing else is there.
    def quoted(text):
        out = []
        for char in text:
            code = ord(char)
            if char in '"\\':
                out.append("\\" + char)
            elif 32 <= code < 127:
                out.append(char)
            elif code > 0xFFFF:
                code -= 0x10000
                out.append("\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF)))
            elif 0xD800 <= code < 0xE000 or (isinstance(text, bytes) and code > 127):
                out.append("\\ufffd")
            else:
                out.append("\\u%04x" % code)
        return '"%s"' % "".join(out)

    def listed(texts):
        return "[%s]" % ",".join([quoted(text) for text in texts if hasattr(text, "encode")])

    try:
        cwd = os.getcwd()
    except OSError:
        cwd = ""
    clock = getattr(sys.modules.get("time"), "monotonic", None)
    now = int(clock() * 1000000000) if clock else 0
    try:
        parent = _above(trace)
    except (OSError, ValueError, IndexError):
        parent = "null"
    pid = os.getpid()
    text = (
        '{"pid":%d,"parent_pid":%d,"parent":%s,"origin":"start","argv":%s,"executable":%s,"version":"%d.%d.%d","cwd":%s,'
        '"sys_path":[],"clock":"monotonic","start":{"raw":0,"mono_ns":%d},"backend":"none","not_recorded":%s}\n'
    ) % (
        (pid, os.getppid(), parent, listed(getattr(sys, "argv", [])), quoted(sys.executable or ""))
        + tuple(sys.version_info[:3])
        + (quoted(cwd), now, quoted(reason))
    )
    # One folder per program that ran under this process id.
    for number in range(1, 100):
        folder = os.path.join(trace, str(pid) if number == 1 else "%d.%d" % (pid, number))
        try:
            os.mkdir(folder, 448)
        except OSError:
            continue
        # Written beside and renamed: a reader never sees half of it.
        fresh = os.path.join(folder, "process.json.new")
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 384)
        try:
            os.write(handle, text.encode("ascii"))
        finally:
            os.close(handle)
        os.rename(fresh, os.path.join(folder, "process.json"))
        return


_bootstrap(sys.modules.get(__name__), os.path.dirname(__file__))
