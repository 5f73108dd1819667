"""Code made at run time: exec, eval, compile, lambdas, type(), namedtuple, dataclass."""
import collections
import dataclasses

for i in range(300):
    namespace = {"__name__": "generated"}
    exec(f"def f{i}(x):\n    return x + {i}\nresult = f{i}(1)", namespace)
print(namespace["result"])
print(sum(eval("n * 2", {"n": n}) for n in range(100)))
Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Pair:
    a: int
    b: int = 2


print(Point(1, 2), Pair(1), type("T", (), {"m": lambda self: 5})().m())
code = compile("def g():\n    return 1\ng()", "/does/not/exist.py", "exec")
exec(code)
