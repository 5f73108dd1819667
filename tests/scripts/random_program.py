"""Makes up a program that writes down, by itself, every call that it makes.

    python random_program.py SEED PROGRAM.py
    python PROGRAM.py LOG.json

Functions, methods, recursion, exceptions caught near and far, and generators that are exhausted, given up, closed, or
thrown into call each other at random, in one thread or in several. `LOG.json` lists [thread, name, depth] in the order of
the calls' start; the resumption of a generator counts as a call. Nothing in the program depends on time.
"""

import random
import sys

PROLOGUE = '''
import json, sys, threading
LOG = []
here = threading.local()

def enter(name):
    here.depth = getattr(here, "depth", 0)
    LOG.append((threading.current_thread().name, name, here.depth))
    here.depth += 1

def leave():
    here.depth -= 1

def fuel():
    here.fuel = getattr(here, "fuel", FUEL) - 1
    return here.fuel > 0
'''

EPILOGUE = '''
def run(first):
    for call in (CALLS[first:] + CALLS[:first]) * 3:
        try:
            call()
        except (KeyError, ValueError, RuntimeError):
            pass

run(0)
threads = [threading.Thread(target=run, args=(n,), name=f"worker-{n}") for n in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with open(sys.argv[1], "w") as file:
    json.dump(LOG, file)
'''

USES_OF_A_GENERATOR = [
    "for _ in generator: pass",
    "next(generator, None); next(generator, None)",
    "next(generator, None); generator.close()",
    "next(generator, None); del generator",
    """next(generator, None)
    try: generator.throw(RuntimeError("thrown in"))
    except (RuntimeError, StopIteration): pass""",
]


def statements(choose, functions, generator):
    """A few lines for a body, not indented."""
    lines = []
    for _ in range(choose.randint(1, 4)):
        call = f"call{choose.randrange(functions)}()"
        kinds = ["call", "caught", "raise", "loop", "comprehension", "finally"] + ["yield"] * 2 * generator
        kind = choose.choice(kinds)
        if kind == "call":
            lines += [f"if fuel(): {call}"]
        elif kind == "caught":
            lines += ["try:", f"    if fuel(): {call}", "    raise KeyError", "except KeyError: pass"]
        elif kind == "raise":
            lines += [f"if fuel() and here.fuel % 3 == {choose.randrange(3)}: raise ValueError"]
        elif kind == "loop":
            lines += [f"for _ in range({choose.randint(1, 3)}):", f"    if fuel(): {call}"]
        elif kind == "comprehension":
            lines += ["[n for n in range(3)]"]
        elif kind == "finally":
            lines += ["try:", f"    if fuel(): {call}", "finally:", "    fuel()"]
        else:
            lines += ["leave()", "try: yield", "finally: enter(NAME)"]
    return lines


def function(choose, at, functions):
    """One function, method or generator, and `callN` that runs it."""
    kind = choose.choice(["function", "function", "method", "generator"])
    name = {"function": f"traced{at}", "method": f"Traced{at}.method", "generator": f"traced{at}"}[kind]
    body = [f"NAME = {name!r}", "enter(NAME)", "try:"]
    body += ["    " + line for line in statements(choose, functions, kind == "generator")]
    if kind == "generator":
        body += ["    leave()", "    try: yield", "    finally: enter(NAME)"]
    body += ["finally: leave()"]
    if kind == "method":
        lines = [f"class Traced{at}:", "    def method(self):", *("        " + line for line in body)]
        return lines + [f"call{at} = Traced{at}().method"]
    lines = [f"def traced{at}():", *("    " + line for line in body)]
    if kind == "function":
        return lines + [f"call{at} = traced{at}"]
    return lines + [f"def call{at}():", f"    generator = traced{at}()", "    " + choose.choice(USES_OF_A_GENERATOR)]


def program(seed):
    choose = random.Random(seed)
    functions = choose.randint(4, 12)
    lines = [PROLOGUE, f"FUEL = {choose.randint(50, 400)}", f"THREADS = {choose.choice([0, 0, 2, 3])}"]
    for at in range(functions):
        lines += function(choose, at, functions)
    lines += [f"CALLS = [{', '.join(f'call{at}' for at in range(functions))}]", EPILOGUE]
    return "\n".join(lines)


if __name__ == "__main__":
    with open(sys.argv[2], "w") as file:
        file.write(program(int(sys.argv[1])))
