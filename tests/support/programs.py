"""The project's programs, each a process of its own in a copy of it, its environment clean."""

import asyncio
import codecs
import compileall
import contextlib
import functools
import os
import random
import re
import shlex
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from tests.support import zygote

ROOT = Path(__file__).parents[2]
PACKAGES = ("plumbing", "replaygate")
GATE = ("-m", "replaygate", "check")
PATIENCE = 30.0  # seconds; only a failing test waits that long
ALWAYS, NEVER = "random_number < 101", "random_number < 0"  # instead of < 50: it always sleeps
SERVES = r"Serving (\S+), namespace (\S+), task queue (\S+)\n"  # so says the Worker
SUMMARY = r"(\d+) replay, (\d+) incompatible, (\d+) not verified \(\d+\.\d s\)\n"  # and the gate
OURS = ("TEMPORAL_", "BACKGROUNDCHECK_")
# Variables by which somebody configures a program, or a pipeline tells that it runs it.
THEIRS = (
    *OURS,
    *("PYTHON", "PYTEST_", "COV_", "XDG_", "MAKE", "MFLAGS", "ARGS", "GITHUB_"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    *("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "TTY_", "PY_COLORS"),
)
EXAMPLE = "as in 555-55-5555"
SSN_SHAPED = re.compile(r"(?<![0-9a-f-])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![0-9a-f-])")


def free_port() -> int:
    """A port that is free, and the Web UI's 1,000 above; none that the kernel gives away itself.

    It gives those from 32,768 to every client and server that asks for any, at any moment.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        with socket.socket() as listener, socket.socket() as ui, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            ui.bind(("127.0.0.1", port + 1000))
            return port


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment in which nobody has configured anything."""
    clean = {k: v for k, v in os.environ.items() if not k.upper().startswith(THEIRS)}
    return clean | {"HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(scratch())}


@functools.cache
def scratch() -> Path:
    """Return a folder for what programs put away and, if they are killed, leave there.

    Its path is short, as that of a socket must be.
    """
    return Path(tempfile.mkdtemp())


@contextlib.contextmanager
def nothing_configured(home: Path, **variables: str) -> Iterator[None]:
    """Let this process have these variables alone, and forget what it sets meanwhile."""
    homes = {name: str(home) for name in ("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME")}
    with patch.dict(os.environ, homes | variables, clear=True):
        yield


def copy_programs(folder: Path) -> None:
    """Copy all modules that the programs consist of, and what configures the gate.

    To copy the packages takes half as long as the gate runs; until one is changed, it is a link.
    """
    packages = shutil.ignore_patterns(*PACKAGES)
    shutil.copytree(compiled(), folder, ignore=packages, dirs_exist_ok=True)
    for package in PACKAGES:
        (folder / package).symlink_to(compiled() / package, target_is_directory=True)


@functools.cache
def compiled() -> Path:
    """Return a folder with these files, all compiled, so that no program does it again."""
    folder = Path(tempfile.mkdtemp())
    for file in (*ROOT.glob("*.py"), ROOT / "pyproject.toml"):
        shutil.copy2(file, folder)
    caches = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=caches)
    compileall.compile_dir(folder, quiet=2)
    return folder


@contextlib.contextmanager
def default_signals() -> Iterator[None]:
    """Let programs that start here be told to end, though the suite ignores it: after ``nohup``."""
    numbers = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]
    ignored = [number for number in numbers if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


class Program:
    """A running program: what it has said so far, and how it ended."""

    def __init__(
        self, process: asyncio.subprocess.Process | zygote.Forked, arguments: tuple[str, ...]
    ) -> None:
        self.process = process
        self.arguments = arguments
        self.texts = {"out": "", "err": ""}
        self.changed = asyncio.Event()
        streams = {"out": process.stdout, "err": process.stderr}
        self.readers = [
            asyncio.create_task(self._read(name, stream))
            for name, stream in streams.items()
            if stream
        ]

    @property
    def name(self) -> str:
        """The file or module that Python runs."""
        return self.arguments[1] if self.arguments[0] == "-m" else self.arguments[0]

    @property
    def out(self) -> str:
        return self.texts["out"]

    @property
    def err(self) -> str:
        return self.texts["err"]

    async def _read(self, name: str, stream: asyncio.StreamReader) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while chunk := await stream.read(65536):
            self.texts[name] += decoder.decode(chunk)
            self.changed.set()

    async def says(self, pattern: str, seconds: float = PATIENCE) -> re.Match[str]:
        """Wait until its output holds ``pattern``; fail when it ends or time is up before."""
        try:
            async with asyncio.timeout(seconds):
                while not (match := re.search(pattern, self.out + self.err)):
                    assert not all(reader.done() for reader in self.readers), f"ended: {self}"
                    self.changed.clear()
                    changed = asyncio.create_task(self.changed.wait())
                    await asyncio.wait([changed, *self.readers], return_when="FIRST_COMPLETED")
                    changed.cancel()
        except TimeoutError:
            raise AssertionError(f"{pattern!r} was not said: {self}") from None
        return match

    async def ends(self, seconds: float = PATIENCE) -> int:
        """Wait until it has ended and return its exit status."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wait(self.readers)  # which are not cancelled when time is up
                return await self.process.wait()
        except TimeoutError:
            raise AssertionError(f"still there after {seconds} s: {self}") from None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await asyncio.gather(*self.readers)
        await self.process.wait()

    def check(self) -> None:
        """Make sure that it has kept the SSN to itself."""
        said = (self.out + self.err).replace(EXAMPLE, "")
        assert not SSN_SHAPED.search(said), self
        given = [argument for argument in self.arguments if re.fullmatch(r"[0-9-]{9,11}", argument)]
        assert not [argument for argument in given if argument in said], self

    def __repr__(self) -> str:
        status = self.process.returncode
        return f"{self.arguments}, status {status}\n--- out\n{self.out}\n--- err\n{self.err}"


class Project:
    """A copy of the project's programs, which a test may change, and all that it runs there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "project"
        self.directory.mkdir()
        copy_programs(self.directory)
        self.environment = clean_environment(directory)
        # How a person calls the interpreter, whose environment may be active or not.
        active = shutil.which("python") == sys.executable
        self.python = "python" if active else shlex.quote(sys.executable)
        self.programs: list[Program] = []

    def serve_at(self, address: str) -> None:
        """Let the programs find the Temporal Service there."""
        self.environment["TEMPORAL_ADDRESS"] = address

    def change(self, module: str, old: str, new: str) -> None:
        """Change one place of the copy's code."""
        path = self.directory / module
        package = self.directory / Path(module).parts[0]
        if package.is_symlink():
            original = package.readlink()
            package.unlink()
            shutil.copytree(original, package)
        before, found, after = path.read_text().partition(old)
        assert found
        path.write_text(before + new + after)

    async def start(
        self, *arguments: str, stdout: int = asyncio.subprocess.PIPE, **variables: str
    ) -> Program:
        """Start ``python arguments``, or another program given by its whole path."""
        environment = self.environment | variables
        if stdout == asyncio.subprocess.PIPE and zygote.fits(arguments, environment):
            forked = await zygote.shared().start(arguments, self.directory, environment)
            self.programs.append(Program(forked, arguments))
            return self.programs[-1]
        command = arguments if Path(arguments[0]).is_absolute() else (sys.executable, *arguments)
        with default_signals():
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=self.directory,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stdout,
                stderr=asyncio.subprocess.PIPE,
            )
        self.programs.append(Program(process, arguments))
        return self.programs[-1]

    async def run(self, *arguments: str, **variables: str) -> Program:
        """Start a program and wait for its end."""
        program = await self.start(*arguments, stdout=asyncio.subprocess.PIPE, **variables)
        await program.ends()
        return program

    async def close(self) -> None:
        """Kill what still runs; then make sure that nothing here has told an SSN."""
        for program in self.programs:
            await program.kill()
        for program in self.programs:
            program.check()


def events(program: Program) -> list[tuple[int, str]]:
    """Number and type of every Event it has printed."""
    rows = re.findall(
        r"^ +(\d+)  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  (\w+)", program.out, re.MULTILINE
    )
    return [(int(number), name) for number, name in rows]


def the_one_line(program: Program) -> str:
    """What a person's mistake gets: one line on stderr and the exit status 2."""
    assert program.process.returncode == 2, program
    assert program.out == ""
    assert program.err.count("\n") == 1, program
    assert "Traceback" not in program.err
    return program.err


def status(program: Program) -> int | None:
    """Return the exit status of a program that has ended, and ended well."""
    assert "Traceback" not in program.out + program.err, program
    return program.process.returncode
