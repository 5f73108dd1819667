"""An uncaught exception with a cause and a context: the same text on stderr, status 1."""


def inner():
    raise KeyError("inner")


def outer():
    try:
        inner()
    except KeyError as error:
        raise ValueError("outer") from error


outer()
