"""The program replaces itself."""
import os
import sys

if len(sys.argv) > 1 and sys.argv[-1] == "again":
    print("second")
    sys.exit(6)
print("first")
sys.stdout.flush()
os.execv(sys.executable, [sys.executable, __file__, "again"])
