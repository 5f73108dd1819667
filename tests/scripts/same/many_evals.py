"""Twenty thousand pieces of code that live for a moment."""
total = 0
for n in range(20000):
    total += eval("1")
print(total)
