"""Pools by fork and by spawn."""
import multiprocessing


def square(n):
    return n * n


if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            print(method, pool.map(square, range(6)))
