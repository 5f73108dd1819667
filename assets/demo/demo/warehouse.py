"""What is on the shelves, and the threads that pack it."""

import queue
import threading


class OutOfStock(Exception):
    pass


class Stock:
    def __init__(self, amounts):
        self.amounts = dict(amounts)

    def reserve(self, order):
        taken = []
        try:
            for line in order.lines:
                self.take(line.sku, line.quantity)
                taken.append(line)
        except OutOfStock:
            for line in taken:
                self.amounts[line.sku] += line.quantity
            raise

    def take(self, sku, quantity):
        if self.amounts.get(sku, 0) < quantity:
            raise OutOfStock(f"only {self.amounts.get(sku, 0)} of {sku} left, {quantity} wanted")
        self.amounts[sku] -= quantity

    def refill(self, number):
        for sku in self.amounts:
            self.amounts[sku] += 1 + number % 7


def pack(orders, workers):
    """Hands the orders to some threads and waits for all of them."""
    waiting = queue.Queue()
    for order in orders:
        waiting.put(order)
    threads = [threading.Thread(target=packer, args=(waiting,), name=f"packer-{n + 1}") for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def packer(waiting):
    while True:
        try:
            order = waiting.get_nowait()
        except queue.Empty:
            return
        for line in order.lines:
            wrap(line)


def wrap(line):
    layers = ["paper"] * line.quantity
    return f"{line.sku} in {' and '.join(layers)}"
