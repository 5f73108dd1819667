"""What a program sees of itself: arguments, search path, main module, environment-driven names."""
import sys

print(sys.argv[1:])
print(sys.path)
print(any("ct-tui" in p or "bootstrap" in p for p in sys.path))
print(__name__, __file__.endswith("argv_and_path.py"), __spec__, sys.modules["__main__"].__dict__ is globals())
print(sorted(m for m in sys.modules if "ct_tui" in m.lower()))
print(sys.flags, sys.dont_write_bytecode)
print("sitecustomize" in sys.modules)
