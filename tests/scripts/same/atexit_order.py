"""atexit handlers run last to first, and may print, fail and register more."""
import atexit


def first():
    print("first")


def failing():
    raise RuntimeError("in atexit")


def registers():
    atexit.register(print, "late")
    print("registers")


atexit.register(first)
atexit.register(failing)
atexit.register(registers)
print("end")
