"""Another tool of sys.monitoring (3.12 and later) gets its identifier and its events."""
import sys

if sys.version_info >= (3, 12):
    mon = sys.monitoring
    seen = []
    mon.use_tool_id(mon.PROFILER_ID, "mine")
    mon.register_callback(mon.PROFILER_ID, mon.events.PY_START, lambda code, offset: seen.append(code.co_name))
    mon.register_callback(mon.DEBUGGER_ID, mon.events.PY_START, None)
    mon.set_events(mon.PROFILER_ID, mon.events.PY_START)

    def leaf():
        pass

    leaf()
    leaf()
    mon.set_events(mon.PROFILER_ID, 0)
    mon.free_tool_id(mon.PROFILER_ID)
    print(seen)
    mon.use_tool_id(mon.DEBUGGER_ID, "debugger")
    mon.use_tool_id(mon.COVERAGE_ID, "coverage")
    print(mon.get_tool(mon.DEBUGGER_ID), mon.get_tool(mon.COVERAGE_ID))
else:
    print("no sys.monitoring")
