"""The program's own profile function sees what it always saw."""
import sys

seen = []


def profiler(frame, event, arg):
    seen.append((event, frame.f_code.co_name))


def add(a, b):
    return len([a, b])


print(sys.getprofile())
sys.setprofile(profiler)
add(1, 2)
sys.setprofile(None)
print(seen)
print(sys.getprofile())
add(1, 2)
