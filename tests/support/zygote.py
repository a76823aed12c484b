"""Starts the project's programs as forks of a process that has imported the SDK already.

To import the SDK takes a program longer than most of what a test asks of it. A fork is the program
all the same: its own process, environment, folder, streams and exit status. What is about how a
program starts is for a fresh interpreter, as are other systems than Linux.
"""

import asyncio
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

FORKING = Path(__file__).with_name("forking.py")
FILES = ("codec.py", "main.py", "worker.py")
MODULES = ("pytest", "replaygate", "tests.recordings.record")
READ_AT_START = ("PYTHON", "LD_", "MALLOC_")
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
        command = [sys.executable, str(FORKING), str(theirs.fileno())]
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
