"""Objects that lie or complain whenever anyone looks at them."""


class Complains:
    def _no(self, *args):
        raise SystemExit("user code was run by the recorder")

    __repr__ = __str__ = __len__ = __iter__ = __hash__ = __bool__ = __getitem__ = _no
    __getattr__ = _no

    def __eq__(self, other):
        raise SystemExit("compared")

    @property
    def __class__(self):
        raise SystemExit("asked for its class")

    @property
    def __dict__(self):
        raise SystemExit("asked for its dict")


class Meta(type):
    def __getattribute__(cls, name):
        if name not in ("__class__",):
            touched.append(name)
        return super().__getattribute__(name)

    def __instancecheck__(cls, other):
        touched.append("instancecheck")
        return False


touched = []


class Odd(metaclass=Meta):
    pass


class Text(str):
    def __str__(self):
        raise SystemExit("str of a str")


class Items(list):
    def __iter__(self):
        raise SystemExit("iterated")


def take(*args, **kwargs):
    return args[0] if args else None


odd = object.__new__(Odd)
touched.clear()
take(Complains(), odd, Text("x"), Items([1, 2]), key=Complains())
take(odd)
take({Text("k"): Complains()}, float("nan"), "\ud800", "\x1b[31m", 10**5000)
print(touched)
