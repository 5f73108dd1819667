"""Objects die at the same moments: arguments, results, exceptions and frames are not kept."""
import gc
import weakref

gc.disable()


class Thing:
    pass


log = []


def take(thing):
    weakref.finalize(thing, log.append, "gone")
    return None


def make():
    return Thing()


take(make())
print(log)


def fails():
    thing = Thing()
    weakref.finalize(thing, log.append, "gone with the exception")
    raise ValueError(thing)


try:
    fails()
except ValueError:
    pass
print(log)


def generate():
    thing = Thing()
    weakref.finalize(thing, log.append, "gone with the generator")
    yield 1
    yield 2


generator = generate()
next(generator)
del generator
print(log)
