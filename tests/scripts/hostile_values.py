"""Objects that do everything to be noticed. Whatever of them is run notes its name; looking must leave no note."""
import collections, dataclasses, enum, sys, threading, types, weakref

LOG = []


def noting(name):
    def method(self, *args, **kwargs):
        LOG.append(name)
        raise RuntimeError(name)
    return method


DUNDERS = """repr str bytes format hash bool len length_hint iter next reversed contains getitem setitem delitem missing call
    lt le eq ne gt ge int float complex index round trunc floor ceil neg pos abs invert add radd sub mul dir sizeof
    reduce reduce_ex getstate enter exit await aiter anext fspath set_name instancecheck subclasscheck subclasses
    getattr getattribute setattr delattr get set delete copy deepcopy buffer""".split()
BODY = {f"__{name}__": noting(name) for name in DUNDERS if name != "set_name"}
for extra in ("keys", "values", "items", "isoformat", "utcoffset", "as_tuple", "as_posix"):
    BODY[extra] = noting(extra)


def lying(name):
    return property(noting(name), noting(name), noting(name))


LIES = {name: lying(name) for name in ("__class__", "args", "name", "value", "_name_", "_value_", "__wrapped__")}


def hostile(base):
    return type("Hostile" + base.__name__.title(), (base,), {**BODY, **LIES})


class Meta(type):
    pass


for name in ("repr", "getattr", "getattribute", "hash", "eq", "instancecheck", "subclasscheck", "len", "iter", "bool", "call", "dir"):
    setattr(Meta, f"__{name}__", noting("meta " + name))
ByMeta = type.__call__(Meta, "ByMeta", (), dict(BODY))


class NoDict:
    __dict__ = property(noting("__dict__"))


class OddDict:
    @property
    def __dict__(self):
        LOG.append("odd dict")
        return 7


class Slots:
    __slots__ = ("a", "b", "__weakref__")


Replaced = type("Replaced", (), {"__slots__": ("a",)})
Replaced.a = lying("slot")


class Color(enum.Enum):
    RED = 1
    value = property(noting("enum value"))
    name = property(noting("enum name"))
    __repr__ = __str__ = __hash__ = noting("enum")


@dataclasses.dataclass
class Data:
    x: int = 1
    __repr__ = __eq__ = noting("data")


Point = collections.namedtuple("Point", "x y")
HostilePoint = type("HostilePoint", (Point,), dict(BODY))


class Text(str):
    __str__ = __repr__ = __hash__ = __eq__ = __len__ = __iter__ = noting("text")


Named = type("Named", (), {})
type.__setattr__(Named, "__module__", Text("odd"))


class Lazy(types.ModuleType):
    __getattr__ = noting("module getattr")
    __getattribute__ = noting("module getattribute")


class Half(Exception):
    def __init__(self):
        LOG.append("init")


class Owner:
    pass


def build():
    out = [object.__new__(hostile(object))]
    for base, args in ((int, (5,)), (str, ("text",)), (float, (1.5,)), (bytes, (b"x",)), (complex, (1j,)), (tuple, ((1, 2),)),
                       (frozenset, ((1,),))):
        out.append(base.__new__(hostile(base), *args))
    for base in (list, dict, set, bytearray, collections.OrderedDict, collections.defaultdict, collections.deque):
        out.append(base.__new__(hostile(base)))
    value = object.__new__(hostile(object))
    object.__setattr__(value, "inner", {"key": object.__new__(hostile(object))})
    out.append(value)
    out.append(object.__new__(ByMeta))
    out.append(ByMeta)
    out += [NoDict(), OddDict(), Slots(), Replaced(), Color.RED, Data(), tuple.__new__(HostilePoint, (1, 2)), Named(), Named]
    out.append({object.__new__(type("Key", (), {"__hash__": lambda self: 1, "__eq__": noting("key eq"), "__repr__": noting("key repr")})): 1})
    out.append({"plain": Text("value")})
    out.append(Lazy("lazy"))
    out.append(Half.__new__(Half))
    out.append(BaseException.__new__(hostile(Exception)))
    out.append(weakref.proxy(KEPT))
    out.append(weakref.ref(KEPT))
    out += [(i for i in ()), super(Owner, KEPT), types.SimpleNamespace(a=1), types.MappingProxyType({}), memoryview(b"x"), iter([]), slice(1)]
    deep = []
    for _ in range(10_000):
        deep = [deep, deep] if len(deep) < 2 else [deep]
    out.append(deep)
    loop = []
    loop.append(loop)
    loop.append({"loop": loop})
    out.append(loop)
    out += [10 ** 1_000_000, -(10 ** 1_000_000), "\ud800\udfff\x00\x1b[2J", "x" * 50_000_000, b"x" * 50_000_000,
            list(range(2_000_000)), dict.fromkeys(range(300_000)), float("nan"), "\N{BOM}\u202e"]
    return out


KEPT = Owner()
GLOBAL = None


def take(value, *rest, **named):
    global GLOBAL
    local = value
    GLOBAL = value
    del local
    return value


def hand(value):
    got = yield value
    yield got


def throw(value):
    raise KeyError(value)


def main():
    objects = build()
    LOG.clear()
    for item in objects:
        take(item, item, item, key=item)
        it = hand(item)
        next(it)
        it.send(item)
        del it
        try:
            throw(item)
        except KeyError:
            pass
    global GLOBAL
    GLOBAL = None
    notes = list(LOG)
    assert notes == [], notes

    # Lists and dictionaries that others change while they are looked at.
    shared, table, stop = [0] * 100, {}, []

    def change():
        n = 0
        while not stop:
            n += 1
            shared.append(n)
            table[str(n % 500)] = n
            if n % 50 == 0:
                del shared[:40]
                table.clear()

    threads = [threading.Thread(target=change) for _ in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    for thread in threads:
        thread.start()
    for _ in range(300):
        take(shared, table)
    stop.append(1)
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval)

    # Nothing is kept alive, and nothing that was alive is let go of.
    owner = Owner()
    gone = weakref.ref(owner)
    take(owner)
    count = sys.getrefcount(KEPT)
    for _ in range(1000):
        take(KEPT)
    GLOBAL = None
    assert sys.getrefcount(KEPT) == count, (count, sys.getrefcount(KEPT))
    del owner
    assert gone() is None
    print("nothing ran", len(objects))


main()
