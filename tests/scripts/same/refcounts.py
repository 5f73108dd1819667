"""Reference counts of arguments and of code objects' constants inside calls."""
import sys


def count(value):
    return sys.getrefcount(value)


thing = object()
print(count(thing), count(thing), sys.getrefcount(thing))
