"""The program's own trace function sees what it always saw."""
import sys

seen = []


def tracer(frame, event, arg):
    if frame.f_code.co_filename == __file__:
        seen.append((event, frame.f_code.co_name, frame.f_lineno))
    return tracer


def add(a, b):
    c = a + b
    return c


sys.settrace(tracer)
add(1, 2)
try:
    add(1, "x")
except TypeError:
    pass
sys.settrace(None)
print(seen)
print(sys.gettrace())
