# A program that brings a `sitecustomize` of its own along, for itself and for the Pythons that it starts, and one that
# replaces PYTHONPATH.
import os
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "sitecustomize.py"), "w") as file:
        file.write("import sys\nsys.brought = 'along'\nprint('customized', __name__, sys.modules[__name__].__spec__.name)\n")
    look = "import sys; print(getattr(sys, 'brought', None), [name for name in sys.modules if 'ct_tui' in name])"

    def run(**variables):
        environment = dict(os.environ, **variables)
        print(subprocess.check_output([sys.executable, "-c", look], env=environment, text=True), end="")

    def in_front(value):
        return os.pathsep.join([value] + [it for it in [os.environ.get("PYTHONPATH")] if it])

    run(PYTHONPATH=folder)
    run(PYTHONPATH=in_front(folder))
    run(PYTHONPATH="")
    run(PYTHONPATH=in_front("/nowhere"))
    sys.modules.pop("sitecustomize", None)
    sys.path.insert(0, folder)
    import sitecustomize

    print(sitecustomize.__file__ == os.path.join(folder, "sitecustomize.py"), sys.brought)
