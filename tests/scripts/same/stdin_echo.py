"""Standard input is the real one."""
import sys

print(sys.stdin.read().upper(), sys.stdin.isatty())
