"""os._exit skips every handler."""
import atexit
import os
import sys

atexit.register(print, "never")
print("before")
sys.stdout.flush()
os._exit(9)
