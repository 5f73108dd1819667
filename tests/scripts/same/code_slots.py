"""A program with a slot of its own in code objects: what is freed is what it stored."""
import gc
import sys

try:
    import ctypes
except ImportError:
    sys.exit("no ctypes")

api = ctypes.pythonapi
word = "_PyEval_RequestCodeExtraIndex", "_PyCode_SetExtra", "_PyCode_GetExtra"
if not hasattr(api, word[0]):
    word = "PyUnstable_Eval_RequestCodeExtraIndex", "PyUnstable_Code_SetExtra", "PyUnstable_Code_GetExtra"
request, store, load = (getattr(api, name) for name in word)
request.restype = ctypes.c_ssize_t
store.argtypes = [ctypes.py_object, ctypes.c_ssize_t, ctypes.c_void_p]
load.argtypes = [ctypes.py_object, ctypes.c_ssize_t, ctypes.POINTER(ctypes.c_void_p)]
freed = []
free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(freed.append)
slot = request(free)
other = request(None)


def made(n):
    return eval("lambda n=%d: n" % n)


def stored(function):
    found = ctypes.c_void_p()
    load(function.__code__, slot, found)
    return found.value


# Run and freed; run, then given something; given something, then run.
for n in range(3):
    made(n)()
kept = [made(n) for n in range(6)]
for n, function in enumerate(kept):
    if n % 2:
        function()
    store(function.__code__, other, 900 + n)
    if n % 3:
        store(function.__code__, slot, 100 + n)
    function()
    if n == 4:
        store(function.__code__, slot, 200)
print([stored(function) for function in kept])
del kept, function
gc.collect()
print(freed)
# Code that ends after everything else must not be freed by a function that is gone.
left = made(1)
left()
