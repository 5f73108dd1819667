"""sys.exit with a text prints it and ends with 1."""
import sys

sys.exit("a message")
