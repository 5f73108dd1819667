"""A program that kills itself."""
import os
import signal
import sys


def work():
    print("going")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGTERM)


work()
