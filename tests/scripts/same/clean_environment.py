"""A program that cleans PYTHONPATH and starts Python again."""
import os
import subprocess
import sys

os.environ.pop("PYTHONPATH", None)
out = subprocess.run([sys.executable, "-c", "print('child')"], capture_output=True, text=True)
print(out.stdout, out.stderr, out.returncode)
