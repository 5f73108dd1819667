"""The bench's target: runs what it is told on stdin ("calls 1000", "lines 1000"), and answers with nanoseconds.

The first argument says what else is on: `plain`, `floor LIBRARY` (empty C callbacks), `floor_lines LIBRARY` (with those
for lines), `viztracer` or `viztracer_args` with a file to save to. Being recorded is none of its business.
"""

import os
import sys
import time
import work


def floor(library, with_lines):
    import ctypes

    floor = ctypes.PyDLL(library)
    floor.floor_callback.restype = ctypes.py_object
    floor.floor_profile.restype = None
    if not hasattr(sys, "monitoring"):
        floor.floor_profile()
        return
    monitoring = sys.monitoring
    names = ["PY_START", "PY_RESUME", "PY_THROW", "PY_RETURN", "PY_YIELD", "PY_UNWIND"] + ["LINE"] * with_lines
    monitoring.use_tool_id(4, "floor")
    wanted = 0
    for name in names:
        event = getattr(monitoring.events, name)
        monitoring.register_callback(4, event, floor.floor_callback())
        wanted |= event
    monitoring.set_events(4, wanted)


def viztracer(with_values):
    from viztracer import VizTracer

    tracer = VizTracer(log_func_args=with_values, log_func_retval=with_values, verbose=0)
    tracer.start()
    return tracer


mode, tracer = sys.argv[1], None
if mode.startswith("floor"):
    floor(sys.argv[2], mode == "floor_lines")
elif mode.startswith("viztracer"):
    tracer = viztracer(mode == "viztracer_args")

for order in sys.stdin:
    what, count = order.split()
    count = int(count)
    if what == "bytes":
        # Only viztracer is asked: how much it saves for so many calls.
        tracer.clear()
        work.calls(count)
        tracer.stop()
        tracer.save(sys.argv[2])
        print(os.path.getsize(sys.argv[2]), flush=True)
        break
    run = getattr(work, what)
    start = time.perf_counter_ns()
    run(count)
    print(time.perf_counter_ns() - start, flush=True)
