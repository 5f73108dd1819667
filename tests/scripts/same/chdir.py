"""A program that changes its folder, and then removes it."""
import os
import tempfile


def work(n):
    return n


folder = tempfile.mkdtemp()
os.chdir(folder)
os.rmdir(folder)
for n in range(30000):
    work(n)
print("done")
