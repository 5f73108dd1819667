"""A handler runs in the main thread between bytecodes, as always."""
import signal


def handler(number, frame):
    print("signal", number, frame.f_code.co_name)


signal.signal(signal.SIGUSR1, handler)


def work():
    signal.raise_signal(signal.SIGUSR1)
    return 1


print(work())
