"""__name__ deleted, of odd types, changed while running."""


def f():
    return 1


f()
globals()["__name__"] = 5
f()
exec("def g(): return 2\ng()", {"__name__": ["x"], "__builtins__": __builtins__})
del globals()["__name__"]
f()
exec(compile("def h(): return 3\nh()", __file__, "exec"), {})
print("done")
