"""Its doc string."""

# What `__main__` is to the program itself, to others that import it, and to what pickles its classes.
import pickle
import runpy
import sys
import types


class Point:
    def __init__(self, x):
        self.x = x


def names(module):
    return sorted(name for name in vars(module) if name not in ("__cached__", "__builtins__"))


main = sys.modules["__main__"]
print(main is __import__("__main__"), main.__name__, main.__spec__, main.__package__, main.__doc__)
print(names(main), type(main) is types.ModuleType, main.__loader__.__class__.__name__)
print(pickle.loads(pickle.dumps(Point(3))).x, Point.__module__, Point.__init__.__qualname__)
if __name__ == "__main__":
    again = runpy.run_path(__file__, run_name="other")
    print(sorted(set(again) - set(vars(main))), again["__name__"], sys.argv[1:])
