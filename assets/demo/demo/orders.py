"""Orders, made up as they are asked for."""

from dataclasses import dataclass, field

PRODUCTS = ("tea", "cup", "pot")
CUSTOMERS = ("Ann", "Ben", "Cleo", "Dan")


@dataclass
class Line:
    sku: str
    quantity: int


@dataclass
class Order:
    number: int
    customer: str
    lines: list = field(default_factory=list)


def stream(round_number, count):
    """Yields the orders of a round, one at a time."""
    for n in range(count):
        order = Order(round_number * 100 + n, CUSTOMERS[(round_number + n) % len(CUSTOMERS)])
        order.lines.extend(lines_for(n))
        yield order


def lines_for(n):
    for position in range(1 + n % 3):
        yield Line(PRODUCTS[(n + position) % len(PRODUCTS)], 1 + (n * position) % 4)
