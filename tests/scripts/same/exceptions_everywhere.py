"""Exceptions through many frames, in finally, in with, in __exit__, replaced and suppressed."""


class Suppress:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        return kind is KeyError


def deep(n):
    if n == 0:
        raise KeyError("deep")
    try:
        deep(n - 1)
    finally:
        note(n)


notes = []


def note(n):
    notes.append(n)


def replaced():
    try:
        deep(2)
    except KeyError:
        raise ValueError("other") from None


with Suppress():
    deep(5)
try:
    replaced()
except ValueError as error:
    print(error.__cause__, error.__suppress_context__)
print(notes)
