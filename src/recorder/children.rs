//! What becomes of the processes that the program starts. Python's own C functions that start processes, wait for them, or
//! end this one are called through a function of ours, which hands everything on and looks at what comes back: the
//! exit status of a child goes into the child's folder, and a Python that the recorder cannot get into is listed with
//! the reason. The program sees the same function objects as ever; nothing is asked of it, and nothing is waited for.

use super::config::Config;
use super::process::{config, own};
use super::python::{self, Name};
use super::world::sys;
use super::{clock, guarded};
use crate::model::command::{ignores_recorder, is_python, shebang};
use crate::trace::format::{PROCESS, STATE, state};
use crate::trace::manifest::ProcessInfo;
use crate::trace::process_file::{make_process_folder, newest_run, write_private, write_process};
use pyo3::ffi;
use std::ffi::{CStr, CString, c_int, c_void};
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// What a function does.
#[derive(Clone, Copy, PartialEq)]
enum What {
    /// Ends this process: `(status)`.
    Exit,
    /// Puts another program in its place: `(path, words, environment?)`.
    Exec,
    /// Waits, and returns `(pid, status, …)`.
    Wait,
    /// Waits, and returns `(pid, uid, signal, status, code)`.
    WaitId,
    /// Starts a program and returns its process id: `(path, words, environment)`.
    Spawn,
    /// The same for `subprocess`: `(words, paths, …, environment at 5, …)`.
    ForkExec,
}

const FUNCTIONS: [(&CStr, What); 11] = [
    (c"_exit", What::Exit),
    (c"execv", What::Exec),
    (c"execve", What::Exec),
    (c"wait", What::Wait),
    (c"wait3", What::Wait),
    (c"wait4", What::Wait),
    (c"waitpid", What::Wait),
    (c"waitid", What::WaitId),
    (c"posix_spawn", What::Spawn),
    (c"posix_spawnp", What::Spawn),
    (c"fork_exec", What::ForkExec),
];

/// The functions that ours stand in for.
static ORIGINALS: [AtomicPtr<c_void>; FUNCTIONS.len()] = [const { AtomicPtr::new(null_mut()) }; FUNCTIONS.len()];

/// Most words of a command line that are looked at.
const MAX_WORDS: isize = 1000;

/// Watches the functions of `os`.
///
/// # Safety
/// The GIL is held.
pub unsafe fn watch() {
    static POSIX: Name = Name::new(c"posix");
    // SAFETY: the GIL is held.
    unsafe { watch_module(&POSIX) };
}

/// Watches what `subprocess` and `multiprocessing` start programs with, once code of theirs is met that does.
///
/// # Safety
/// The GIL is held.
pub unsafe fn first_seen(qualname: &str) {
    static SUBPROCESS: Name = Name::new(c"_posixsubprocess");
    if qualname.ends_with("_execute_child") || qualname.ends_with("spawnv_passfds") {
        // SAFETY: the GIL is held.
        unsafe { watch_module(&SUBPROCESS) };
    }
}

/// # Safety
/// The GIL is held.
unsafe fn watch_module(name: &Name) {
    // SAFETY: the GIL is held; `sys.modules` is asked for a name, and the module's dictionary for names.
    unsafe {
        let Some(module) = sys(c"modules").and_then(|modules| python::entry(modules, name)) else { return };
        if ffi::PyModule_CheckExact(module) == 0 {
            return;
        }
        let names = ffi::PyModule_GetDict(module);
        for (index, (function, _)) in FUNCTIONS.iter().enumerate() {
            let found = ffi::PyDict_GetItemString(names, function.as_ptr());
            if !found.is_null() && ORIGINALS[index].load(Relaxed).is_null() {
                stand_in(index, function, found);
            }
        }
        ffi::PyErr_Clear();
    }
}

/// Puts our function into the definition that a function object refers to. Where anything about it is not as it has been
/// in every CPython so far, it is left alone.
///
/// # Safety
/// The GIL is held and `function` is an object.
unsafe fn stand_in(index: usize, name: &CStr, function: *mut ffi::PyObject) {
    // SAFETY: behind the head of such an object, two words long, is the address of its definition, whose first words
    // are its name and its function; both are compared before anything is changed. Definitions lie in writable memory:
    // CPython declares them so.
    unsafe {
        if ffi::PyCFunction_CheckExact(function) == 0 {
            return;
        }
        let flags = ffi::PyCFunction_GetFlags(function);
        let original: *mut c_void = match ffi::PyCFunction_GetFunction(function) {
            Some(original) => original as *mut c_void,
            None => return,
        };
        let definition = function.cast::<*mut *mut c_void>().add(2).read();
        let Some(ours) = TRAMPOLINES[index](flags) else { return };
        if definition.is_null() || definition.add(1).read() != original {
            return;
        }
        if CStr::from_ptr(definition.read().cast()) == name {
            ORIGINALS[index].store(original, Relaxed);
            definition.add(1).write(ours);
        }
    }
}

type Fast = unsafe extern "C" fn(*mut ffi::PyObject, *const *mut ffi::PyObject, isize) -> *mut ffi::PyObject;
type FastKeywords = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    isize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;
type Plain = unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;
type Keywords = unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;

static TRAMPOLINES: [fn(c_int) -> Option<*mut c_void>; FUNCTIONS.len()] = [
    trampoline::<0>,
    trampoline::<1>,
    trampoline::<2>,
    trampoline::<3>,
    trampoline::<4>,
    trampoline::<5>,
    trampoline::<6>,
    trampoline::<7>,
    trampoline::<8>,
    trampoline::<9>,
    trampoline::<10>,
];

/// Our function for one called in this way.
fn trampoline<const I: usize>(flags: c_int) -> Option<*mut c_void> {
    const VARARGS_KEYWORDS: c_int = ffi::METH_VARARGS | ffi::METH_KEYWORDS;
    const FASTCALL_KEYWORDS: c_int = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
    Some(match flags {
        ffi::METH_NOARGS | ffi::METH_VARARGS => plain::<I> as Plain as *mut c_void,
        VARARGS_KEYWORDS => keywords::<I> as Keywords as *mut c_void,
        ffi::METH_FASTCALL => fast::<I> as Fast as *mut c_void,
        FASTCALL_KEYWORDS => fast_keywords::<I> as FastKeywords as *mut c_void,
        _ => return None,
    })
}

/// # Safety
/// Only the interpreter calls this, as it would call the original.
unsafe extern "C" fn plain<const I: usize>(me: *mut ffi::PyObject, tuple: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the original has this type, see `trampoline`.
    unsafe {
        let original = std::mem::transmute::<*mut c_void, Plain>(ORIGINALS[I].load(Relaxed));
        around(FUNCTIONS[I].1, &Arguments::Tuple(tuple), || original(me, tuple))
    }
}

/// # Safety
/// As for [`plain`].
unsafe extern "C" fn keywords<const I: usize>(
    me: *mut ffi::PyObject,
    tuple: *mut ffi::PyObject,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as above.
    unsafe {
        let original = std::mem::transmute::<*mut c_void, Keywords>(ORIGINALS[I].load(Relaxed));
        around(FUNCTIONS[I].1, &Arguments::Tuple(tuple), || original(me, tuple, names))
    }
}

/// # Safety
/// As for [`plain`].
unsafe extern "C" fn fast<const I: usize>(
    me: *mut ffi::PyObject,
    words: *const *mut ffi::PyObject,
    count: isize,
) -> *mut ffi::PyObject {
    // SAFETY: as above.
    unsafe {
        let original = std::mem::transmute::<*mut c_void, Fast>(ORIGINALS[I].load(Relaxed));
        around(FUNCTIONS[I].1, &Arguments::Words(words, count), || original(me, words, count))
    }
}

/// # Safety
/// As for [`plain`].
unsafe extern "C" fn fast_keywords<const I: usize>(
    me: *mut ffi::PyObject,
    words: *const *mut ffi::PyObject,
    count: isize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as above.
    unsafe {
        let original = std::mem::transmute::<*mut c_void, FastKeywords>(ORIGINALS[I].load(Relaxed));
        around(FUNCTIONS[I].1, &Arguments::Words(words, count), || original(me, words, count, names))
    }
}

/// Positional arguments; what is given by keyword is not looked at.
enum Arguments {
    Tuple(*mut ffi::PyObject),
    Words(*const *mut ffi::PyObject, isize),
}

impl Arguments {
    /// # Safety
    /// The GIL is held, and the call that they belong to has not returned.
    unsafe fn get(&self, index: isize) -> Option<*mut ffi::PyObject> {
        // SAFETY: as the caller promised.
        unsafe {
            match *self {
                Self::Tuple(tuple) if tuple.is_null() || ffi::PyTuple_Check(tuple) == 0 => None,
                Self::Tuple(tuple) => (index < ffi::PyTuple_Size(tuple)).then(|| ffi::PyTuple_GetItem(tuple, index)),
                Self::Words(words, count) => (index < count).then(|| words.offset(index).read()),
            }
        }
    }
}

/// Calls the original, and looks at what goes in and what comes out.
///
/// # Safety
/// The GIL is held.
unsafe fn around(
    what: What,
    arguments: &Arguments,
    original: impl FnOnce() -> *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the GIL is held. Another interpreter of this process has a GIL of its own, and is not recorded.
    if unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) } != 0 {
        return original();
    }
    // SAFETY: the GIL is held, nothing has been raised yet.
    let noted = guarded(None, || unsafe { before(what, arguments) });
    let result = original();
    guarded((), || {
        if result.is_null() {
            undo(noted);
        } else {
            // SAFETY: the GIL is held, and the call succeeded.
            unsafe { after(what, arguments, result) };
        }
    });
    result
}

/// What was written down in advance, and is wrong if the call comes back.
struct Noted {
    folder: Option<PathBuf>,
}

/// # Safety
/// The GIL is held.
unsafe fn before(what: What, arguments: &Arguments) -> Option<Noted> {
    // SAFETY: as the caller promised.
    unsafe {
        match what {
            What::Exit => {
                let status = python::int(arguments.get(0)?)?;
                own()?.state.set_exit(state::EXIT_STATUS, (status & 0xff) as u32);
                Some(Noted { folder: None })
            }
            What::Exec => {
                let process = own()?;
                let path = text(arguments.get(0)?)?;
                let environment = arguments.get(2).and_then(|given| environment(given));
                let started =
                    Started { paths: vec![path], words: words(arguments.get(1)?), environment: environment.as_deref() };
                let folder = started.list(config()?, std::process::id(), Some(process.key.to_string()));
                process.state.set_exit(state::EXIT_REPLACED, 0);
                Some(Noted { folder })
            }
            _ => None,
        }
    }
}

/// The program is still here.
fn undo(noted: Option<Noted>) {
    let (Some(noted), Some(process)) = (noted, own()) else { return };
    process.state.set_exit(state::EXIT_UNKNOWN, 0);
    if let Some(folder) = noted.folder {
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// # Safety
/// The GIL is held; `result` is what the call returned.
unsafe fn after(what: What, arguments: &Arguments, result: *mut ffi::PyObject) {
    let Some(config) = config() else { return };
    // SAFETY: as the caller promised.
    unsafe {
        match what {
            What::Exit | What::Exec => {}
            What::Wait => {
                let Some((pid, status)) = item(result, 0).zip(item(result, 1)) else { return };
                let status = status as c_int;
                if libc::WIFEXITED(status) {
                    reaped(config, pid, state::EXIT_STATUS, libc::WEXITSTATUS(status));
                } else if libc::WIFSIGNALED(status) {
                    reaped(config, pid, state::EXIT_SIGNAL, libc::WTERMSIG(status));
                }
            }
            What::WaitId => {
                let Some(((pid, status), code)) = item(result, 0).zip(item(result, 3)).zip(item(result, 4)) else {
                    return;
                };
                match code as c_int {
                    libc::CLD_EXITED => reaped(config, pid, state::EXIT_STATUS, status as c_int),
                    libc::CLD_KILLED | libc::CLD_DUMPED => reaped(config, pid, state::EXIT_SIGNAL, status as c_int),
                    _ => {}
                }
            }
            What::Spawn | What::ForkExec => {
                let Some(pid) = python::int(result).and_then(|pid| u32::try_from(pid).ok()) else { return };
                let (paths, argv, given) = if what == What::Spawn {
                    let path = arguments.get(0).and_then(|path| text(path));
                    (path.into_iter().collect(), arguments.get(1), arguments.get(2))
                } else {
                    (arguments.get(1).map(|paths| words(paths)).unwrap_or_default(), arguments.get(0), arguments.get(5))
                };
                let environment = given.and_then(|given| environment(given));
                let words = argv.map(|argv| words(argv)).unwrap_or_default();
                Started { paths, words, environment: environment.as_deref() }.list(config, pid, None);
            }
        }
    }
}

/// A number in a tuple.
///
/// # Safety
/// The GIL is held.
unsafe fn item(tuple: *mut ffi::PyObject, index: isize) -> Option<i64> {
    // SAFETY: only a tuple that is long enough is asked.
    unsafe {
        if ffi::PyTuple_Check(tuple) == 0 || ffi::PyTuple_Size(tuple) <= index {
            return None;
        }
        python::int(ffi::PyTuple_GetItem(tuple, index))
    }
}

/// The text of a `str` or of `bytes`.
///
/// # Safety
/// The GIL is held.
unsafe fn text(object: *mut ffi::PyObject) -> Option<String> {
    // SAFETY: only bytes are asked for their bytes; they are copied at once.
    unsafe {
        if ffi::PyBytes_Check(object) != 0 {
            let start = ffi::PyBytes_AsString(object).cast::<u8>();
            let bytes = std::slice::from_raw_parts(start, ffi::PyBytes_Size(object) as usize);
            return Some(String::from_utf8_lossy(bytes).into_owned());
        }
        python::text(object).map(std::borrow::Cow::into_owned)
    }
}

/// The words of a list or tuple.
///
/// # Safety
/// The GIL is held.
unsafe fn words(sequence: *mut ffi::PyObject) -> Vec<String> {
    // SAFETY: the type is looked at before anything is asked for.
    unsafe {
        let (length, get): (_, unsafe extern "C" fn(*mut ffi::PyObject, isize) -> *mut ffi::PyObject) =
            if ffi::PyList_Check(sequence) != 0 {
                (ffi::PyList_Size(sequence), ffi::PyList_GetItem)
            } else if ffi::PyTuple_Check(sequence) != 0 {
                (ffi::PyTuple_Size(sequence), ffi::PyTuple_GetItem)
            } else {
                return Vec::new();
            };
        (0..length.min(MAX_WORDS)).filter_map(|index| text(get(sequence, index))).collect()
    }
}

const TRACE: &str = "CT_TUI_TRACE";
const PYTHONPATH: &str = "PYTHONPATH";

/// What an environment that is handed to a program says about us: the values of the two variables that carry the
/// recorder. `None`: it is this process's own, or nothing that can be read without running code of the program.
///
/// # Safety
/// The GIL is held.
unsafe fn environment(given: *mut ffi::PyObject) -> Option<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    let mut add = |name: &str, value: String| {
        if let Some(known) = [TRACE, PYTHONPATH].into_iter().find(|known| *known == name) {
            found.push((known, value));
        }
    };
    // SAFETY: the type is looked at before anything is asked for; the dictionary does not change meanwhile.
    unsafe {
        if ffi::PyList_Check(given) != 0 || ffi::PyTuple_Check(given) != 0 {
            for entry in words(given) {
                if let Some((name, value)) = entry.split_once('=') {
                    add(name, value.to_owned());
                }
            }
        } else if ffi::PyDict_CheckExact(given) != 0 {
            let (mut position, mut name, mut value) = (0, null_mut(), null_mut());
            while ffi::PyDict_Next(given, &raw mut position, &raw mut name, &raw mut value) != 0 {
                if let Some((name, value)) = text(name).zip(text(value)) {
                    add(&name, value);
                }
            }
        } else {
            return None;
        }
    }
    Some(found)
}

/// A program that is started.
struct Started<'a> {
    /// Where it may be; the first that can be executed is it.
    paths: Vec<String>,
    words: Vec<String>,
    environment: Option<&'a [(&'static str, String)]>,
}

impl Started<'_> {
    /// Lists it as not recorded, if it is a Python that the recorder cannot get into. Returns the folder.
    fn list(&self, config: &Config, pid: u32, replaces: Option<String>) -> Option<PathBuf> {
        if !config.options.follow {
            return None;
        }
        let path = self.paths.iter().find(|path| executable(path))?;
        let reason = self.why_not(path, config)?;
        let (_, folder) = make_process_folder(&config.root, pid).ok()?;
        let (origin, parent_pid) = match replaces {
            // SAFETY: this call has no conditions.
            Some(_) => ("exec", unsafe { libc::getppid() }.try_into().unwrap_or(0)),
            None => ("start", std::process::id()),
        };
        let info = ProcessInfo {
            pid,
            parent_pid,
            parent: replaces,
            origin: origin.to_owned(),
            argv: self.words.clone(),
            executable: path.clone(),
            version: String::new(),
            cwd: String::new(),
            sys_path: Vec::new(),
            clock: clock::kind(),
            start: clock::pair(),
            backend: "none".to_owned(),
            limits: Vec::new(),
            not_recorded: Some(reason),
        };
        // A full disk: then it is not listed.
        let _ = write_process(&folder, &info);
        Some(folder)
    }

    /// Why the recorder does not get into it. `None`: it does, or this is no Python.
    fn why_not(&self, path: &str, config: &Config) -> Option<String> {
        let mut args: Vec<&str> = self.words.iter().skip(1).map(String::as_str).collect();
        let start;
        if !is_python(path.rsplit('/').next()?) {
            start = beginning(path)?;
            args = shebang(&start)?.1.into_iter().chain([path]).collect();
        }
        if let Some(flag) = ignores_recorder(args) {
            return Some(format!("started with -{flag}, which keeps the recorder out"));
        }
        let value = |name: &'static str| match self.environment {
            Some(given) => given.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()),
            None => std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()),
        };
        let path = value(PYTHONPATH).unwrap_or_default();
        let hidden = path
            .split(':')
            .take_while(|entry| *entry != config.own_folder)
            .any(|entry| Path::new(entry).join("sitecustomize.py").exists());
        if hidden {
            return Some("a sitecustomize in front of PYTHONPATH hides the recorder".to_owned());
        }
        let carries = value(TRACE).is_some_and(|trace| Path::new(&trace) == config.root)
            && path.split(':').any(|entry| entry == config.own_folder);
        (!carries).then(|| "started in an environment without the recorder".to_owned())
    }
}

fn executable(path: &str) -> bool {
    // SAFETY: a terminated string.
    CString::new(path).is_ok_and(|path| unsafe { libc::access(path.as_ptr(), libc::X_OK) } == 0)
}

/// The first line of a script.
fn beginning(path: &str) -> Option<String> {
    let mut start = Vec::new();
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .ok()?
        .take(256)
        .read_to_end(&mut start)
        .ok()?;
    start.starts_with(b"#!").then(|| String::from_utf8_lossy(&start).into_owned())
}

/// A child has ended, and this process has waited for it. Written into the folder of the last program that ran under its
/// id, if that was a child of ours and has not said itself how it ends.
fn reaped(config: &Config, pid: i64, kind: u32, value: c_int) {
    let Some(pid) = u32::try_from(pid).ok().filter(|pid| *pid > 0) else { return };
    let Some(folder) = newest_run(&config.root, pid).map(|key| config.root.join(key.to_string())) else { return };
    let info = std::fs::read(folder.join(PROCESS)).ok();
    let info = info.and_then(|info| serde_json::from_slice::<ProcessInfo>(&info).ok());
    if info.is_none_or(|info| info.parent_pid != std::process::id()) {
        return;
    }
    let mut end = [0; 8];
    end[..4].copy_from_slice(&kind.to_le_bytes());
    end[4..].copy_from_slice(&(value as u32).to_le_bytes());
    let path = folder.join(STATE);
    match OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOFOLLOW).open(&path) {
        Ok(page) => {
            let mut known = [0; 4];
            let unknown = page.read_exact_at(&mut known, state::AT_EXIT as u64).is_ok()
                && u32::from_le_bytes(known) == state::EXIT_UNKNOWN;
            if unknown {
                let _ = page.write_all_at(&end, state::AT_EXIT as u64);
            }
        }
        Err(_) => {
            // It was not recorded, and has none.
            let mut page = vec![0; state::SIZE];
            page[state::AT_MAGIC..][..4].copy_from_slice(&state::MAGIC.to_le_bytes());
            page[state::AT_PHASE..][..4].copy_from_slice(&state::PHASE_ENDED.to_le_bytes());
            page[state::AT_EXIT..][..8].copy_from_slice(&end);
            let _ = write_private(&path, &page);
        }
    }
}
