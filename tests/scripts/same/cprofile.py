"""cProfile counts the same calls."""
import cProfile
import pstats


def leaf():
    return 1


def work():
    return [leaf() for _ in range(5)]


profile = cProfile.Profile()
profile.enable()
work()
profile.disable()
counts = {key[2]: row[0] for key, row in pstats.Stats(profile).stats.items()}
print(counts.get("leaf"), counts.get("work"))
