"""What an order costs, in cents."""

PRICES = {"tea": 450, "cup": 900, "pot": 3900}


def total(order):
    gross = sum(price(line) for line in order.lines)
    return gross - discount(gross, levels=6)


def price(line):
    return round_to_five(PRICES[line.sku] * line.quantity)


def discount(amount, levels):
    """Each level takes a little off what the one below it left; a recursion to look at."""
    if levels == 0 or amount < 100:
        return 0
    step = amount // 50
    return step + discount(amount - step, levels - 1)


def round_to_five(cents):
    return cents - cents % 5
