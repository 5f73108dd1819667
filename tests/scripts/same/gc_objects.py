"""What the garbage collector finds: calls leave no objects behind that were not there without a recorder."""
import gc
import sys


def plain(a, b=2):
    c = a
    return c


def closure(a):
    def inner():
        return a

    return inner()


def catching():
    try:
        raise KeyError(1)
    except KeyError:
        pass


def rows(n):
    for i in range(n):
        yield i


def more(function, *arguments):
    gc.collect()
    before = len(gc.get_objects())
    function(*arguments)
    return len(gc.get_objects()) - before


gc.disable()
more(len, "")
print(more(plain, 1), more(closure, 1), more(catching))
# Before 3.12 any profile function brings frame objects along.
if sys.version_info >= (3, 12):
    held = rows(3)
    print(more(next, held), more(next, held))
