"""A small shop that handles some orders: something to look at with ct-tui.

    ct-tui record assets/demo/app.py              one round
    ct-tui record assets/demo/app.py 60           rounds for a minute

It has several modules, generators, threads, coroutines, a deep recursion, and errors that are caught a few levels up.
"""

import os
import sys
import time

from demo import notify, orders, pricing, warehouse

# As many programs do: a folder of the package is on the path as well, and what lies in it goes by its bare name.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo"))
import api


def one_round(number, stock):
    client = api.connect("shop.example", user="ann", password="correct horse battery staple")
    confirmed = []
    for order in orders.stream(number, count=6):
        try:
            total = pricing.total(order)
            stock.reserve(order)
        except warehouse.OutOfStock as problem:
            client.report(order.number, str(problem))
        else:
            confirmed.append((order, total))
    warehouse.pack([order for order, _ in confirmed], workers=3)
    notify.all_customers(order.customer for order, _ in confirmed)
    return sum(total for _, total in confirmed)


def main(arguments):
    seconds = float(arguments[0]) if arguments else 0.0
    stock = warehouse.Stock({"tea": 40, "cup": 9, "pot": 2})
    begin = time.monotonic()
    number = turnover = 0
    while True:
        number += 1
        turnover += one_round(number, stock)
        stock.refill(number)
        if time.monotonic() - begin >= seconds:
            break
        time.sleep(0.2)
    print(f"{number} round{'s' if number > 1 else ''}, {turnover / 100:.2f} taken")


if __name__ == "__main__":
    main(sys.argv[1:])
