"""A recursion far deeper than any list of open calls."""
import sys
import threading

sys.setrecursionlimit(60000)
threading.stack_size(512 * 1024 * 1024)


def down(n):
    return 0 if n == 0 else 1 + down(n - 1)


def run():
    print(down(50000))


thread = threading.Thread(target=run)
thread.start()
thread.join()
