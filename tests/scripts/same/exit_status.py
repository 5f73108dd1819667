"""sys.exit with a number, from inside nested calls and finally clauses."""
import sys


def leave():
    try:
        sys.exit(7)
    finally:
        print("finally")


leave()
