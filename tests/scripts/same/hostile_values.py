"""Values that lie, complain, or are not what they look like, handed around in every way that is recorded."""

import array
import collections
import datetime
import decimal
import enum
import functools
import gc
import os
import pathlib
import re
import sys
import time
import types
import uuid
import weakref

touched = []


def complain(*args, **kwargs):
    touched.append("user code was run")
    raise SystemExit("user code was run by the recorder")


NAMES = """__repr__ __str__ __len__ __iter__ __hash__ __eq__ __ne__ __lt__ __bool__ __getitem__ __getattr__ __int__ __index__
__float__ __complex__ __bytes__ __format__ __contains__ __next__ __call__ __get__ __fspath__ __reduce__ __sizeof__ __dir__
__instancecheck__ __missing__ __length_hint__ __trunc__ __getstate__ keys items values""".split()


def hostile(*bases, **more):
    body = dict.fromkeys(NAMES, complain)
    body["__class__"] = property(complain)
    body["__dict__"] = property(complain)
    body.update(more)
    return type("Hostile", bases, body)


class Meta(type):
    def __getattribute__(cls, name):
        touched.append("meta " + name)
        return super().__getattribute__(name)

    __repr__ = __instancecheck__ = __subclasscheck__ = __call__ = complain


def take(*args, **kwargs):
    inner = args
    again = [inner, kwargs]
    del inner
    return again


def send():
    got = None
    while True:
        got = yield got


def throw(error):
    raise error


def use(value):
    """In every place where a value is recorded, and no reference too many afterwards."""
    global armed
    armed = True
    before = sys.getrefcount(value)
    take(value)
    take([value], {"key": value}, key=value)
    take((value, (value,)))
    it = send()
    next(it)
    it.send(value)
    it.close()
    del it
    try:
        throw(Error(value))
    except Error as error:
        del error
    after = sys.getrefcount(value)
    armed = False
    # Types and exceptions that are new to the interpreter gain some by themselves.
    print("references", ascii(type(value).__name__)[:40], after - before)


class Error(Exception):
    __str__ = __repr__ = complain

    @property
    def args(self):
        complain()


class Half:
    __slots__ = ("a", "b", "__weakref__")


class Plain:
    pass


class Evil:
    """A key that has the hash of another one, and wants to be compared."""

    def __init__(self, like):
        self.hash = hash(like)

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        return complain() if armed else False


def values():
    for base in (object, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, collections.deque,
                 collections.OrderedDict, decimal.Decimal, datetime.date, datetime.tzinfo):
        kind = hostile(base)
        if base in (datetime.date,):
            yield base.__new__(kind, 2024, 1, 2)
        else:
            yield base.__new__(kind)
    yield list.__new__(hostile(list, __slots__=("x",)))
    meta = type.__new__(Meta, "Odd", (), {"x": 1})
    yield object.__new__(meta)
    yield meta
    touched.clear()
    # Not filled in.
    for kind in (Half, uuid.UUID, pathlib.PurePosixPath, types.SimpleNamespace, functools.partial):
        try:
            yield object.__new__(kind)
        except TypeError:
            pass
    yield Exception.__new__(hostile(Exception))
    yield types.ModuleType.__new__(types.ModuleType)
    yield types.ModuleType.__new__(type("Lazy", (types.ModuleType,), {"__getattr__": complain}))
    yield OSError.__new__(OSError)
    yield UnicodeDecodeError.__new__(UnicodeDecodeError)
    # Names that are none.
    for name in ("\x1b[31m", "\u202e", "x" * 5000, "a.b", ""):
        yield type(name, (), {})()
    wrong = type("Wrong", (), {"__module__": 5, "__qualname__": "ä" * 300})
    yield wrong()
    wrong.__module__ = property(complain)
    yield wrong()
    lambda_ = lambda: None
    lambda_.__module__ = object()
    yield lambda_
    lambda_.__qualname__ = "\ud800\x00"
    yield lambda_
    # Class bodies, dictionaries and named tuples with keys and fields of all kinds.
    yield type("Keys", (), {Evil("__module__"): 1, Evil("_fields"): 2})()
    named = hostile(str, __hash__=str.__hash__)
    yield {Evil("password"): 1, 1: 2, None: 3, ("a",): 4, b"\xff": 5, "\ud800": 6, str.__new__(named, "password"): 7}
    for fields in (("a", "b", "c"), (1, 2), ("a",) * 500, complain, ["a"], ()):
        yield type("Fields", (tuple,), {"_fields": fields})((1, 2))
    point = collections.namedtuple("Point", "x y")
    yield point(1, point(2, 3))
    # Dictionaries of instances that are odd.
    odd = Plain()
    odd.__dict__ = type("Odd", (dict,), {name: complain for name in NAMES if name != "__hash__"})(x=1)
    yield odd
    odd = Plain()
    odd.__dict__[Evil("x")] = 1
    odd.__dict__[5] = 2
    yield odd
    odd = Plain()
    for number in range(100):
        setattr(odd, "name%d" % number, number)
    for number in range(98):
        delattr(odd, "name%d" % number)
    yield odd
    # Enumerations, real and pretended.
    yield enum.Enum("Real", "A B").A
    pretended = type("EnumType", (type,), {"__module__": "enum"})("Fake", (), {})()
    yield pretended
    pretended._name_ = 5
    pretended._value_ = pretended
    yield pretended
    # Large, deep, endless.
    deep = []
    for _ in range(20000):
        deep = [deep]
    yield deep
    endless = {}
    endless["self"] = [endless, (endless,)]
    yield endless
    yield 10**5000
    yield -(10**100)
    yield "\U0001f40d\ud800" * 10000
    yield list(range(100000))
    emptied = set(range(100000))
    for number in range(99999):
        emptied.discard(number)
    yield emptied
    queue = dict.fromkeys(range(100000))
    for number in range(99990):
        del queue[number]
    yield queue
    turned = collections.deque(range(1000), maxlen=700)
    turned.rotate(133)
    yield turned
    # Types written in C.
    yield from (array.array("i", [1]), memoryview(b"x"), re.compile("x"), re.match("x", "x"), os.stat("."), time.gmtime(0))
    yield from (slice(1, 2), property(complain), classmethod(complain), list[int], int | str, types.MappingProxyType({}))
    yield from (sys._getframe(), complain.__code__, [].append, "".join, str.join, type.__dict__["__name__"], super)
    yield from (iter([]), (i for i in ()), weakref.ref(complain), sys, print, functools.partial(complain, 1), os.environ)
    yield from (datetime.timezone.utc, datetime.datetime.min, datetime.timedelta.max, decimal.Decimal("sNaN123"), object)
    yield decimal.Decimal(7) ** 3000
    yield hostile(datetime.tzinfo)
    yield datetime.datetime(2024, 1, 2, tzinfo=datetime.tzinfo.__new__(hostile(datetime.tzinfo)))


armed = False
gc.disable()
count = 0
for value in values():
    use(value)
    count += 1
print(count, touched)

# Nothing is kept alive, and nothing is kept from changing.
buffer = bytearray(b"abc")
take(buffer)
buffer.extend(b"d" * 1000)
print(len(buffer))


class Last:
    def __del__(self):
        print("gone")


last = Last()
seen = weakref.ref(last)
take(last)
take([last])
del last
print(seen() is None)
dead = Plain()
proxy = weakref.proxy(dead)
take(proxy)
del dead
take(proxy)
items = [1, 2, 3]
for item in items:
    take(items, item)
    if len(items) < 10:
        items.append(item)
print(len(items), gc.collect() >= 0)
