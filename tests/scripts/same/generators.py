"""Generators run to the end, thrown away, thrown into, closed, delegating; and their exceptions."""


def count(n):
    try:
        for i in range(n):
            got = yield i
            if got:
                print("got", got)
    except KeyError as error:
        print("thrown", error)
        yield "recovered"
    finally:
        print("closed", n)


def delegate():
    result = yield from count(2)
    return result


print(list(delegate()))
g = count(3)
next(g)
g.send("x")
print(g.throw(KeyError("k")))
g.close()
h = count(4)
next(h)
del h
i = count(5)
next(i)
try:
    i.throw(ValueError("v"))
except ValueError as error:
    print("out", error)
