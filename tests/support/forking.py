"""The process of which the project's programs are forks when a test starts them (``zygote``)."""

import contextlib
import fcntl
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

# What the programs import of others; to name it here is no mistake that a linter would remove.
IMPORTED = (
    "argparse",
    "cryptography.hazmat.primitives.ciphers.aead",
    "google.protobuf.json_format",
    "multiprocessing.connection",
    "pytest",
    "rich.progress",
    "sysconfig",
    "temporalio.client",
    "temporalio.envconfig",
    "temporalio.testing",
    "temporalio.worker",
    "tomllib",
)


def serve(asked: socket.socket) -> tuple[Sequence[str], Path]:
    """Fork for each program that is asked for; return in the fork, and never here."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the guards
    while True:
        message, files, _, _ = socket.recv_fds(asked, 1 << 20, 4)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            asked.close()
            return become(message, files)
        for file in files:
            os.close(file)


def become(message: bytes, files: Sequence[int]) -> tuple[Sequence[str], Path]:
    """Guard a program and tell how it ends; return in the program itself, and never here."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, telling = files
    program = os.fork()
    if program:
        os.write(telling, str(program).encode())
        for file in streams:
            os.close(file)
        _, status = os.waitpid(program, 0)
        with contextlib.suppress(OSError):  # nobody wants to know any more
            os.write(telling, str(status).encode())
        os._exit(0)
    os.close(telling)
    for number, file in enumerate(streams):
        os.dup2(file, number)
        os.close(file)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):  # nohup, for one, lets them be ignored
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    arguments, folder, environment = json.loads(message)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    return arguments, Path(folder)


def run(arguments: Sequence[str], folder: Path) -> None:
    """Run what the arguments name, as ``python arguments`` does."""
    sys.path[:1] = [str(folder), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    if arguments[0] == "-m":
        sys.argv = list(arguments[1:])
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    run(*serve(socket.socket(fileno=int(sys.argv[1]))))
