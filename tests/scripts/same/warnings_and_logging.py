"""Warnings and logging name the same files and lines."""
import logging
import warnings

logging.basicConfig(format="%(filename)s:%(lineno)d %(funcName)s %(message)s")


def work():
    logging.warning("careful")
    warnings.warn("old", stacklevel=2)


work()
