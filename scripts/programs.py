#!/usr/bin/env python3
"""Runs programs that other people wrote, plain and recorded, and compares: the same output and exit status, a call tree in
balance, and no `<module>` where a name exists.

    cargo build --release && scripts/programs.py [--ct-tui PATH] [--python PYTHON]... [--venvs FOLDER] [NAME]...

For each Python (unless told otherwise: the one that runs this) a virtual environment is made below FOLDER (unless told
otherwise: a temporary one) and filled from the package index. Needs the network, unless FOLDER is filled already.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

PACKAGES = ["attrs", "django", "flask", "gevent", "greenlet", "pytest"]
# As Python source: what the package index has is compiled.
FROM_SOURCE = ["black"]

FLASK = """
import http.client, threading
from flask import Flask, abort, jsonify, render_template_string
from werkzeug.serving import make_server, WSGIRequestHandler

app = Flask(__name__)

@app.route("/double/<int:n>")
def double(n):
    return jsonify(n=n * 2)

@app.route("/hello/<name>")
def hello(name):
    return render_template_string("<p>{{ name | upper }}</p>", name=name)

@app.route("/gone")
def gone():
    abort(410)

class Silent(WSGIRequestHandler):
    def log(self, *args): pass

server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
thread = threading.Thread(target=server.serve_forever)
thread.start()
total, statuses = 0, {}
for n in range(1000):
    client = http.client.HTTPConnection("127.0.0.1", server.server_port)
    client.request("GET", ["/double/%d" % n, "/hello/you", "/gone", "/nowhere"][n % 4])
    answer = client.getresponse()
    total += len(answer.read())
    statuses[answer.status] = statuses.get(answer.status, 0) + 1
    client.close()
server.shutdown()
thread.join()
print(total, sorted(statuses.items()))
"""

GREENLET = """
import greenlet

def produce(parent, n):
    for i in range(n):
        parent.switch(i)
    raise LookupError("no more")

def consume(n):
    child = greenlet.greenlet(produce)
    found = [child.switch(greenlet.getcurrent(), n)]
    try:
        while True:
            found.append(child.switch())
    except LookupError as error:
        return sum(found), str(error)

def endless():
    try:
        while True:
            greenlet.getcurrent().parent.switch("round")
    finally:
        print("killed")

print([consume(n) for n in range(1, 50)])
left = greenlet.greenlet(endless)
print(left.switch(), left.switch())
left.throw()
ring = []
def pass_on(at):
    for _ in range(100):
        ring[(at + 1) % len(ring)].switch()
ring += [greenlet.greenlet(pass_on) for _ in range(20)]
for at, member in enumerate(ring):
    if not member.dead:
        member.switch(at)
print(sum(member.dead for member in ring))
"""

GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent, gevent.pool, subprocess, sys, threading, time, queue

def work(n):
    time.sleep(0.001 * (n % 3))
    return sum(part(i) for i in range(n))

def part(i):
    return i * i

print(sum(gevent.pool.Pool(20).map(work, range(200))))
box = queue.Queue()
threads = [threading.Thread(target=lambda n=n: box.put(work(n))) for n in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sum(box.get() for _ in threads))
print(subprocess.check_output([sys.executable, "-c", "print('child')"], text=True))
try:
    with gevent.Timeout(0.01): gevent.sleep(10)
except gevent.Timeout:
    print("timeout")
"""

ATTRS = """
import attr, dataclasses, enum, typing

@attr.s(auto_attribs=True, order=True)
class Point:
    x: int
    y: int = attr.ib(default=0, validator=attr.validators.instance_of(int), converter=int)

@dataclasses.dataclass(frozen=True, order=True)
class Pair:
    a: int
    b: typing.List[int] = dataclasses.field(default_factory=list)

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

points = sorted(Point(n % 7, str(n)) for n in range(100))
print(points[:3], attr.asdict(points[-1]), hash(Colour.RED) == hash(Colour(1)))
print(sorted([Pair(2), Pair(1, [3])]), dataclasses.replace(Pair(1), a=5))
try: Pair(1).a = 2
except dataclasses.FrozenInstanceError as error: print("frozen", error)
"""

TESTS = """
import pytest

@pytest.fixture(params=range(20))
def number(request):
    yield request.param

def test_even(number): assert number * 2 % 2 == 0
def test_text(tmp_path, capsys):
    print((tmp_path / "x").name)
    assert capsys.readouterr().out == "x\\n"
@pytest.mark.xfail
def test_wrong(): assert [1, 2] == [1, 3]
def test_fails(): assert {"a": 1} == {"a": 2}
"""

# Name, files to write, and the words behind `python`; {site} is where packages are installed.
PROGRAMS = [
    ("black", {}, ["-m", "black", "--check", "--diff", "--workers", "1", "-l", "60", "{site}/black/numerics.py", "{site}/black/concurrency.py"]),
    ("flask", {"app.py": FLASK}, ["app.py"]),
    ("django", {}, ["-m", "django", "check", "--settings", "shop.settings", "--pythonpath", "."]),
    ("django-migrate", {}, ["manage.py", "migrate"]),
    ("pip-list", {}, ["-m", "pip", "list", "--disable-pip-version-check"]),
    ("greenlet", {"app.py": GREENLET}, ["app.py"]),
    ("gevent", {"app.py": GEVENT}, ["app.py"]),
    ("attrs", {"app.py": ATTRS}, ["app.py"]),
    ("pytest", {"test_it.py": TESTS}, ["-m", "pytest", "-p", "no:cacheprovider"]),
]


def environment(python, folder):
    """The interpreter of a virtual environment that has all packages."""
    version = subprocess.check_output([python, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"], text=True).strip()
    venv = os.path.join(folder, version)
    inside = os.path.join(venv, "bin", "python")
    done = os.path.join(venv, "complete")
    if not os.path.exists(done):
        subprocess.run([python, "-m", "venv", "--clear", venv], check=True)
        pip = [inside, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run(pip + PACKAGES, check=True)
        subprocess.run(pip + ["--no-binary", ",".join(FROM_SOURCE)] + FROM_SOURCE, check=True)
        open(done, "w").close()
    return version, inside


def steady(text):
    """Without what differs from run to run."""
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    text = re.sub(r"\d+\.\d+ ?s(econds)?\b", "T", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+", "DATE", text)
    return "".join(line + "\n" for line in text.splitlines() if not line.startswith("ct-tui: "))


def prepare(place, files, python):
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    for name, text in files.items():
        with open(os.path.join(place, name), "w") as file:
            file.write(text)
    if not files:
        subprocess.run([python, "-m", "django", "startproject", "shop", "."], cwd=place, check=True)


def run(words, place):
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CT_TUI", "CODETRACER"))}
    variables.update(PYTHONHASHSEED="1", PYTHONDONTWRITEBYTECODE="1", COLUMNS="100", CT_TUI_TRACES=os.path.join(place, "traces"))
    done = subprocess.run(words, cwd=place, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done


def problems_of(trace, ct_tui):
    """What is wrong with a trace, and the number of its calls."""
    found, depths, calls, first = [], {}, 0, None
    rows = subprocess.Popen([ct_tui, "print", "--json", trace], stdout=subprocess.PIPE, text=True)
    for line in rows.stdout:
        call = json.loads(line)
        calls += 1
        above = -1 if call["parent"] is None else depths.get(call["parent"])
        if above is None or call["depth"] != above + 1:
            found.append("out of balance: " + line.strip())
        first = first or call["pid"]
        # Children may be killed, or become another program, in the middle of their calls.
        if call["outcome"] == "open" and call["pid"] == first:
            found.append("still open: " + line.strip())
        depths[call["id"]] = call["depth"]
    if rows.wait() not in (0, 1):
        found.append("print ended with %d" % rows.returncode)
    frames = subprocess.run([ct_tui, "frames", "--json", trace], stdout=subprocess.PIPE, text=True).stdout
    for line in frames.splitlines():
        frame = json.loads(line)
        if frame["label"] == "<module>" and os.path.exists(frame["file"]):
            found.append("no name: " + line)
    return calls, found[:5]


def compare(name, files, words, python, ct_tui, folder):
    place = os.path.join(folder, name)
    site = subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True).strip()
    words = [word.replace("{site}", site) for word in words]
    prepare(place, files, python)
    plain = run([python] + words, place)
    prepare(place, files, python)
    trace = os.path.join(folder, name + ".cttrace")
    shutil.rmtree(trace, ignore_errors=True)
    recorded = run([ct_tui, "record", "--headless", "--python", python, "-o", trace] + words, place)
    found = []
    for what in ("stdout", "stderr"):
        before, after = steady(getattr(plain, what)), steady(getattr(recorded, what))
        if before != after:
            differing = [pair for pair in zip(before.splitlines(), after.splitlines()) if pair[0] != pair[1]]
            found.append("%s differs: %s" % (what, differing[:1] or (before[-300:], after[-300:])))
    status = plain.returncode if plain.returncode >= 0 else 128 - plain.returncode
    if recorded.returncode != status:
        found.append("exit %d instead of %d" % (recorded.returncode, status))
    if not os.path.exists(trace):
        return 0, found + ["no trace: " + recorded.stderr]
    calls, wrong = problems_of(trace, ct_tui)
    if calls == 0:
        found.append("no calls: " + recorded.stderr)
    return calls, found + wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--ct-tui", default=os.path.join(root, "target/release/ct-tui"))
    parser.add_argument("--python", action="append")
    parser.add_argument("--venvs")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these: " + ", ".join(it[0] for it in PROGRAMS))
    asked = parser.parse_args()
    ct_tui = os.path.abspath(asked.ct_tui)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="ct-tui-programs") as folder:
        for python in asked.python or [sys.executable]:
            version, inside = environment(python, os.path.abspath(asked.venvs or folder))
            for name, files, words in PROGRAMS:
                if asked.names and name not in asked.names:
                    continue
                calls, found = compare(name, files, words, inside, ct_tui, folder)
                failed += bool(found)
                print("%-8s %-15s %9d calls  %s" % (version, name, calls, "FAILED" if found else "same"), flush=True)
                for problem in found:
                    print("    " + problem[:2000], flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
