"""Tells customers about their orders, all at once."""

import asyncio


def all_customers(names):
    return asyncio.run(tell_everyone(list(names)))


async def tell_everyone(names):
    return await asyncio.gather(*(tell(name, position) for position, name in enumerate(names)))


async def tell(name, position):
    await asyncio.sleep(0.001 * (position % 3))
    return await deliver(greeting(name))


async def deliver(text):
    await asyncio.sleep(0)
    return len(text)


def greeting(name):
    return f"Dear {name}, your order is on its way."
