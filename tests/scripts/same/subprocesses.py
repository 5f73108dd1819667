"""Python children by every road, with a clean and with an inherited environment."""
import os
import subprocess
import sys

code = "import sys; print(sys.argv[1:], sys.path[0] == '')"
for extra in ([], ["-E"], ["-I"], ["-S"]):
    out = subprocess.run([sys.executable, *extra, "-c", code, "a"], capture_output=True, text=True)
    print(extra, out.stdout.strip(), out.stderr.strip(), out.returncode)
out = subprocess.run([sys.executable, "-c", "print(1)"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
print(out.stdout.strip(), out.stderr.strip())
out = subprocess.run(["/bin/sh", "-c", f"'{sys.executable}' -c 'raise SystemExit(3)'"])
print(out.returncode)
