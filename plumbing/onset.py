"""The first import of each program: says in one line why the imports after it can't succeed.

It imports nothing but the standard library, and is written so that an old Python can read it.
"""

import os
import shlex
import signal
import sys

PACKAGES = {"cryptography", "dotenv", "rich", "temporalio"}  # that the programs import


def complain(kind, error, trace):  # type: ignore[no-untyped-def]
    """Say what to run instead, if this Python lacks a package; leave other errors as they are."""
    package = (getattr(error, "name", None) or "").partition(".")[0]
    if issubclass(kind, ModuleNotFoundError) and package in PACKAGES:
        refuse(f"{sys.executable} has no package {package!r}")  # type: ignore[no-untyped-call]
    sys.__excepthook__(kind, error, trace)


def refuse(reason):  # type: ignore[no-untyped-def]
    """Name the Python of the project's own environment, and leave with status 2."""
    folder = os.path.relpath(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    python = os.path.normpath(os.path.join(folder, ".venv/bin/python"))  # noqa: PTH118
    command = " ".join(map(shlex.quote, (python, sys.argv[0])))
    sys.stderr.write(f"{reason}. Run {command} (`make .venv` makes it)\n")
    sys.stderr.flush()
    os._exit(2)


sys.excepthook = complain
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback
if sys.version_info < (3, 11):  # noqa: UP036
    refuse(f"{sys.executable} is too old: this takes Python 3.11 or later")
