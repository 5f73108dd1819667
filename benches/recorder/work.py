"""What is timed: calls that do next to nothing, and lines that do next to nothing."""


def step(a, b, c):
    return a


def calls(n):
    for i in range(n):
        step(i, 2, 3)


def lines(n):
    total = 0
    for i in range(n):
        total = i & 7
        other = total + 1


def forever():
    while True:
        calls(100_000)
