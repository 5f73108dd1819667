"""Twenty threads that call, raise and return."""
import threading

results = []
lock = threading.Lock()


def work(n):
    def inner(m):
        if m == 0:
            raise ValueError(n)
        return inner(m - 1)

    try:
        inner(10)
    except ValueError as error:
        with lock:
            results.append(error.args[0])


threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results), threading.active_count())
