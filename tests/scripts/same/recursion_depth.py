"""The recursion limit is reached at the same depth."""
import sys


def down(n):
    global deepest
    deepest = n
    down(n + 1)


sys.setrecursionlimit(500)
deepest = 0
try:
    down(0)
except RecursionError as error:
    print(deepest, error)
