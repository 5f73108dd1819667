"""The parts of the shop."""

CURRENCY = "EUR"
