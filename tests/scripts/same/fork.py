"""fork, a fork in the fork, and the exit status of each; no warning may appear on stderr."""
import os
import sys
import warnings

warnings.simplefilter("always")


def work(n):
    return sum(range(n))


work(10)
pid = os.fork()
if pid == 0:
    work(20)
    inner = os.fork()
    if inner == 0:
        work(30)
        os._exit(5)
    _, status = os.waitpid(inner, 0)
    print("inner", os.WEXITSTATUS(status))
    sys.exit(4)
_, status = os.waitpid(pid, 0)
print("outer", os.WEXITSTATUS(status))
