# What a check for leaked references sees: after a few rounds, another round leaves nothing behind.
import asyncio
import gc
import sys
import threading


def plain(n):
    return [n] * 3


def generator(n):
    for i in range(n):
        try:
            yield object()
        finally:
            plain(i)


async def coroutine(n):
    await asyncio.sleep(0)
    return plain(n)


async def gather():
    return await asyncio.gather(*(coroutine(n) for n in range(10)))


def fail(n):
    if n:
        fail(n - 1)
    raise LookupError(object())


def work():
    for n in range(50):
        plain(n)
        list(generator(3))
        next(generator(3))
        try:
            fail(3)
        except LookupError:
            pass
    thread = threading.Thread(target=plain, args=(object(),))
    thread.start()
    thread.join()
    asyncio.run(gather())
    namespace = {}
    exec(compile("def made(x):\n    return x\nmade(1)", "<made>", "exec"), namespace)


def objects():
    gc.collect()
    return len(gc.get_objects()), sys.getrefcount(None) < 0


for _ in range(5):
    work()
before = objects()
blocks = sys.getallocatedblocks()
for _ in range(10):
    work()
after = objects()
# Python itself keeps a few blocks in free lists and caches; one kept for each call would be thousands.
print(after[0] - before[0] <= 5, sys.getallocatedblocks() - blocks < 300)
