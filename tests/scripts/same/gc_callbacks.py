"""Collections run Python code at odd moments: __del__, gc callbacks, weak reference callbacks."""
import gc


class Node:
    def __init__(self):
        self.me = self

    def __del__(self):
        work(1)
        raise_in_del.append(1)


def work(n):
    return n


raise_in_del = []
gc.callbacks.append(lambda phase, info: work(2))
for _ in range(1000):
    Node()
gc.collect()
print(len(raise_in_del))
