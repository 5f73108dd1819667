"""Tasks, async generators, cancellation, exceptions out of gather."""
import asyncio


async def leaf(n):
    await asyncio.sleep(0)
    if n == 3:
        raise ValueError(n)
    return n


async def ticks():
    for n in range(3):
        yield n
        await asyncio.sleep(0)


async def main():
    print(await asyncio.gather(*(leaf(n) for n in range(5)), return_exceptions=True))
    print([n async for n in ticks()])
    task = asyncio.create_task(asyncio.sleep(100))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")


asyncio.run(main())
