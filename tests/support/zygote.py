"""Starts the project's programs as forks of a process that has imported the SDK already.

To import the SDK takes a program longer than most of what a test asks of it. A fork is the program
all the same: its own process, environment, folder, streams and exit status. What is about how a
program starts is for a fresh interpreter, as are other systems than Linux.
"""

import asyncio
import contextlib
import fcntl
import functools
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

FILES = ("codec.py", "main.py", "worker.py")
MODULES = ("pytest", "replaygate", "tests.recordings.record")
READ_AT_START = ("PYTHON", "LD_", "MALLOC_")
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
STATUS = 16  # bytes that tell the process id, and later the status of its end


class Forked:
    """A program that runs: what a test does with an ``asyncio.subprocess.Process``."""

    def __init__(self, told: socket.socket, out: asyncio.StreamReader, err: asyncio.StreamReader):
        self.told, self.stdout, self.stderr = told, out, err
        self.pid = 0
        self.returncode: int | None = None
        self.ending: asyncio.Task[int] | None = None

    async def begin(self) -> None:
        """Wait until it is there."""
        self.pid = await self.number()
        self.ending = asyncio.create_task(self.end())

    async def number(self) -> int:
        """Return the next number that is told."""
        text = await asyncio.get_running_loop().sock_recv(self.told, STATUS)
        return int(text)

    async def end(self) -> int:
        """Note the status of its end."""
        self.returncode = os.waitstatus_to_exitcode(await self.number())
        self.told.close()
        return self.returncode

    async def wait(self) -> int:
        """Wait until it has ended and return its exit status."""
        assert self.ending
        return await asyncio.shield(self.ending)

    async def communicate(self) -> tuple[bytes, bytes]:
        """Wait until it has ended and return the rest of what it has printed."""
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err

    def send_signal(self, number: int) -> None:
        """Signal it, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


class Zygote:
    """The process, and the socket by which it is asked; it ends when that is closed."""

    def __init__(self) -> None:
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, __file__, str(theirs.fileno())]
        environment = {name: os.environ[name] for name in os.environ if not configures(name)}
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)
        theirs.close()

    def close(self) -> None:
        """Let it end."""
        self.ours.close()
        self.process.wait()

    async def start(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stdin: bytes = b"",
        *,
        joined: bool = False,
    ) -> Forked:
        """Start ``python arguments``; its output goes into pipes, or ``joined`` into one."""
        out, out_writing = await reader()
        err, err_writing = await reader()
        if joined:
            os.dup2(out_writing, err_writing)
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            files = [given.fileno(), out_writing, err_writing]
            try:
                told = self.ask(arguments, folder, environment, files)
            finally:
                os.close(out_writing)
                os.close(err_writing)
        told.setblocking(False)
        program = Forked(told, out, err)
        await program.begin()
        return program

    def ask(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        files: Sequence[int],
    ) -> socket.socket:
        """Ask for a program with these streams; return where its id is told, and how it ends."""
        asked = json.dumps([list(arguments), str(folder), dict(environment)])
        told, telling = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with telling:
            socket.send_fds(self.ours, [asked.encode()], [*files, telling.fileno()])
        return told


async def called(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], stdin: bytes = b""
) -> tuple[int, str, str]:
    """Run ``python arguments``; return its status and what it printed.

    Raises:
        TimeoutError: It has not ended after 90 s.
    """
    if fits(arguments, environment):
        program = await shared().start(arguments, folder, environment, stdin)
        try:
            async with asyncio.timeout(90):
                out, err = await program.communicate()
                status = await program.wait()
        finally:
            program.kill()
    else:
        finished = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, *arguments],
            cwd=folder,
            env=dict(environment),
            input=stdin,
            capture_output=True,
            timeout=90,
        )
        status, out, err = finished.returncode, finished.stdout, finished.stderr
    return status, out.decode(errors="replace"), err.decode(errors="replace")


def ended(told: socket.socket) -> int:
    """Wait for the end of a program that was asked for, and return its status."""
    with told:
        told.recv(STATUS)  # its id
        return int(told.recv(STATUS))


@functools.cache
def shared() -> Zygote:
    """Return the one of this test process."""
    return Zygote()


async def reader() -> tuple[asyncio.StreamReader, int]:
    """Return the two ends of a pipe: a stream to read from, and the file to write into."""
    reading, writing = os.pipe()
    stream = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb", 0)
    )
    return stream, writing


def fits(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Tell whether a fork is the same as a fresh interpreter would be."""
    ours = arguments[0] in FILES or (arguments[0] == "-m" and arguments[1] in MODULES)
    told = {name for name in environment if configures(name)}
    return sys.platform == "linux" and ours and told <= {"PYTHONPATH"}


def configures(name: str) -> bool:
    """Tell whether an interpreter reads that variable when it starts."""
    return name.startswith(READ_AT_START)


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
