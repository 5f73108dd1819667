# Debuggers, profilers and coverage tools as programs use them: in threads, nested, one after the other.
import bdb
import cProfile
import io
import profile
import pstats
import sys
import threading
import trace


def leaf(n):
    return n * 2


def work(n):
    total = 0
    for i in range(n):
        total += leaf(i)
    return total


class Steps(bdb.Bdb):
    def __init__(self):
        super().__init__()
        self.seen = []

    def user_line(self, frame):
        if frame.f_code.co_filename == __file__:
            self.seen.append((frame.f_code.co_name, frame.f_lineno))
        self.set_step()

    def user_return(self, frame, value):
        if frame.f_code.co_filename == __file__:
            self.seen.append((frame.f_code.co_name, value))


steps = Steps()
print(steps.runcall(work, 2), steps.seen)

counter = trace.Trace(count=True, trace=False)
print(counter.runfunc(work, 3))
counts = counter.results().counts
print(sorted((line, count) for (name, line), count in counts.items() if name == __file__))

for kind in (cProfile.Profile, profile.Profile):
    profiler = kind()
    profiler.runcall(work, 4)
    stats = pstats.Stats(profiler, stream=io.StringIO()).stats
    print(sorted((key[2], value[0]) for key, value in stats.items() if key[0] == __file__))

seen = []
threading.settrace(lambda frame, event, arg: seen.append((event, frame.f_code.co_name)))
thread = threading.Thread(target=work, args=(1,))
thread.start()
thread.join()
threading.settrace(None)
print([it for it in seen if it[1] in ("work", "leaf")])

seen.clear()
threading.setprofile(lambda frame, event, arg: seen.append((event, frame.f_code.co_name)))
thread = threading.Thread(target=work, args=(1,))
thread.start()
thread.join()
threading.setprofile(None)
print([it for it in seen if it[1] in ("work", "leaf")])
print(sys.gettrace(), sys.getprofile())
