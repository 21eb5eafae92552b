"""Make a virtual environment with whatever this machine has, or say what is missing.

``python3 tools/make_venv.py .venv``: nothing but the standard library, and syntax that
a Python too old to run the package can still read, so that it can say so.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NAMES = ["python3.%d" % minor for minor in range(20, OLDEST[1] - 1, -1)]
TOO_OLD = """\
chainrule needs Python %d.%d or newer, but %s is Python %d.%d, and no newer one
is on the PATH. Install one (for example: apt install python3.11 python3.11-venv,
brew install python, or the installer from python.org), then run make again, or name
it: make PYTHON=/path/to/python3.11 train
"""
NO_PIP = """\
A virtual environment needs pip inside it, but %s has neither the standard
library's ensurepip nor a pip to lend. On Debian or Ubuntu:

    sudo apt install python%d.%d-venv

Elsewhere, install pip, virtualenv or uv; then run make again. The first complaint was:

%s
"""


def new_enough(python):
    """Whether ``python`` starts and is of a version that runs the package."""
    code = "import sys; sys.exit(sys.version_info[:2] < %r)" % (OLDEST,)
    try:
        return subprocess.call([python, "-c", code], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def find_python():
    """This interpreter, or else the newest named one on the PATH that is new enough."""
    if sys.version_info[:2] >= OLDEST:
        return sys.executable
    for name in NAMES:
        path = shutil.which(name)
        if path and new_enough(path):
            return path
    found = (sys.executable,) + tuple(sys.version_info[:2])
    sys.exit(TOO_OLD % (OLDEST + found))


def recipes(python, folder):
    """The ways to an environment with pip in it, the plainest first."""
    inside = os.path.join(folder, "Scripts" if os.name == "nt" else "bin", "python")
    lend_pip = [python, "-m", "pip", "--python", inside, "install", "--quiet", "pip"]
    yield [[python, "-m", "venv", "--clear", folder]]
    yield [[python, "-m", "venv", "--clear", "--without-pip", folder], lend_pip]
    yield [[python, "-m", "virtualenv", "--clear", "--quiet", folder]]
    for tool in ("virtualenv", "uv"):
        path = shutil.which(tool)
        if path and tool == "virtualenv":
            yield [[path, "--clear", "--quiet", "--python", python, folder]]
        elif path:
            yield [[path, "venv", "--quiet", "--clear", "--seed", "-p", python, folder]]


def complaint_of(commands):
    """Run commands in turn; what the first that failed printed, or nothing."""
    for command in commands:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            check=False,
        )
        if done.returncode:
            return done.stdout.strip() or "%s failed" % " ".join(command)
    return ""


def main(folder):
    """Make the environment in ``folder``, or exit with a message of what to do."""
    python = find_python()
    complaints = []
    for commands in recipes(python, folder):
        complaint = complaint_of(commands)
        if not complaint:
            return
        complaints.append(complaint)
    shutil.rmtree(folder, ignore_errors=True)
    version = subprocess.check_output(
        [python, "-c", "import sys; print(*sys.version_info[:2])"],
        universal_newlines=True,
    )
    major, minor = version.split()
    sys.exit(NO_PIP % (python, int(major), int(minor), complaints[0]))


if __name__ == "__main__":
    main(sys.argv[1])
