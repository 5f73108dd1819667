"""A program that closes every descriptor it does not know, and then uses the numbers itself."""
import os
import tempfile


def work(n):
    return n + 1


folder = tempfile.mkdtemp()
os.closerange(3, 1024)
files = [open(os.path.join(folder, str(i)), "w+") for i in range(20)]
print([f.fileno() for f in files])
for n in range(30000):
    work(n)
for f in files:
    f.flush()
print([os.path.getsize(f.name) for f in files])
