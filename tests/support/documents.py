"""What the documents show and name, each with the line it stands in; and a reader who does it."""

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import zygote
from tests.support.executions import TRIES
from tests.support.programs import PATIENCE, ROOT, clean_environment, default_signals

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
FOLDERS = ("plumbing", "replaygate", "tests", "bench")
SOURCES = [*ROOT.glob("*.py"), *(file for name in FOLDERS for file in (ROOT / name).rglob("*.py"))]
RUNS_ON = ("temporal server start-dev", "python worker.py")  # in a terminal of its own
NEEDS_A_SHELL = re.compile(r"[|&;<>$`*?~\\\n]")
# What differs from run to run; in the output of a query, it is the number of histories, too.
VARIES = {
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "RUN-ID",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ": "TIME",
    r"\(\d+\.\d s\)": "(SECONDS)",
    r":\d+/metrics": ":PORT/metrics",
}
VARIES_IN_QUERY = {r"(?m)^\d+ replay": "MANY replay", r", \d+ not begun": ""}


Terminal = asyncio.subprocess.Process | zygote.Forked


@dataclass(frozen=True)
class Part:
    """A fenced block, or the prose between two of them, which has no language."""

    document: Path
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return self.document.relative_to(ROOT).as_posix()

    def at(self, offset: int = 0) -> str:
        """Say where the character at this offset stands, as ``README.md:7``."""
        return f"{self.name}:{self.line + self.text.count(chr(10), 0, offset)}"


def parts(document: Path) -> Iterator[Part]:
    """Divide a document at its fences."""
    language: str | None = None
    start, lines = 1, [""]
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            yield Part(document, start, language or "", "\n".join(lines))
            language = None if language else line.removeprefix("```") or "none"
            start, lines = number + 1, []
        else:
            lines.append(line)
    assert language is None, f"{document.name}:{start - 1}: this fence is never closed"
    yield Part(document, start, "", "\n".join(lines).lstrip("\n"))


def all_parts(*languages: str) -> Iterator[Part]:
    """Walk through the parts of all documents that are of one of these languages."""
    for document in DOCUMENTS:
        yield from (part for part in parts(document) if part.language in languages)


@dataclass(frozen=True)
class Step:
    """A command of a console block, and what is shown below it."""

    where: str
    command: str
    shown: str


def steps(block: Part) -> Iterator[Step]:
    """Divide a console block at its prompts."""
    prompts = [*re.finditer(r"^\$ (.*(?:(?<=\\)\n.*)*)\n?", block.text, re.MULTILINE)]
    assert prompts, f"{block.at()}: a console block has lines that begin with $"
    assert prompts[0].start() == 0, f"{block.at()}: a console block begins with $"
    ends = [prompt.start() for prompt in prompts[1:]] + [len(block.text)]
    for prompt, end in zip(prompts, ends, strict=True):
        yield Step(block.at(prompt.start()), prompt[1], block.text[prompt.end() : end])


def copy_of_the_project(folder: Path) -> Path:
    """Copy what git tracks or would track: a fresh clone, with what is not yet committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    copy = folder / "project"
    for file in filter(Path.is_file, map(ROOT.joinpath, names.split("\0"))):
        target = copy / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    return copy


def link_environment(copy: Path) -> None:
    """Give the copy a ``.venv`` that is this interpreter's, so that make has nothing to install."""
    programs = copy / ".venv" / "bin"
    programs.mkdir(parents=True)
    for file in [*Path(sys.prefix).iterdir(), *Path(sys.executable).parent.iterdir()]:
        folder = programs if file.parent.name == programs.name else programs.parent
        if file.name != programs.name:
            (folder / file.name).symlink_to(file)
    for name in ("python", "pip"):  # make looks whether they are there
        if not (programs / name).exists():
            (programs / name).symlink_to(sys.executable)
    made = programs.parent / "pyvenv.cfg"
    said = re.sub(r"(?m)^command = .*\n", "", made.read_text())
    made.unlink()
    made.write_text(f"{said}command = python -m venv {programs.parent.resolve()}\n")
    for installed in copy.glob("requirements*.txt"):
        (programs.parent / installed.name).unlink(missing_ok=True)
        shutil.copy(installed, programs.parent)


class OtherBranch(Exception):
    """The Workflow sleeps, where the document shows one that does not."""


class Reader:
    """Somebody who does what the documents say, in a copy of the project.

    The documents show the default address; the reader takes another port, because a developer's own
    dev server may have that one. For the programs and the CLI it stands in ``TEMPORAL_ADDRESS``;
    ``temporal server start-dev`` takes it as an option.
    """

    def __init__(self, copy: Path, port: int) -> None:
        self.copy = copy
        self.port = port
        self.changed: dict[Path, str] = {}
        self.terminals: list[Terminal] = []
        self.environment = clean_environment(copy.parent) | {
            "PATH": os.pathsep.join([str(copy / ".venv" / "bin"), os.environ["PATH"]]),
            "TEMPORAL_ADDRESS": self.address,
        }

    @property
    def address(self) -> str:
        return f"localhost:{self.port}"

    async def console(self, block: Part) -> None:
        """Do what a console block shows, again and again until the Workflow takes that branch."""
        for _ in range(TRIES):
            try:
                for step in steps(block):
                    await self.step(step)
                return
            except OtherBranch:
                pass
        raise AssertionError(f"{block.at()}: not once in {TRIES} runs did that branch come")

    async def step(self, step: Step) -> None:
        """Run a command and hold what it prints against what is shown."""
        command, pattern = step.command, self.pattern(step)
        if command.startswith("temporal server start-dev"):
            command += f" --port {self.port} --ui-port {self.port + 1000}"
        terminal, printed = await self.open_terminal(command), ""
        try:
            async with asyncio.timeout(PATIENCE):
                assert terminal.stdout
                async for line in terminal.stdout:
                    printed += line.decode()
                    if "TimerStarted" in printed and "TimerStarted" not in step.shown:
                        raise OtherBranch
                    if step.command.startswith(RUNS_ON) and self.match(pattern, step, printed):
                        return
        except TimeoutError:
            printed += f"... and goes on after {PATIENCE} s"
        except OtherBranch:
            terminate = "temporal workflow terminate --workflow-id backgroundcheck_workflow"
            await self.sh(step.where, f"{terminate} --namespace backgroundcheck_namespace")
            await terminal.communicate()
            raise
        assert self.match(pattern, step, printed), (
            f"{step.where}: $ {step.command}\n--- shown\n{step.shown}\n--- printed\n{printed}"
        )

    def pattern(self, step: Step) -> str:
        """Translate what is shown into a regular expression; a line ... stands for any lines."""
        lines = self.normal(step, step.shown).splitlines()
        return "".join(r"(.*\n)*" if line == "..." else f"{re.escape(line)}\n" for line in lines)

    def match(self, pattern: str, step: Step, printed: str) -> bool:
        return bool(re.fullmatch(pattern, self.normal(step, printed)))

    def normal(self, step: Step, text: str) -> str:
        """Rewrite what the machine decides."""
        for port, shown in ((self.port, 7233), (self.port + 1000, 8233)):
            text = text.replace(f"localhost:{port}", f"localhost:{shown}")
        text = text.replace(f" --port {self.port}'", "'")  # not needed where it is the usual one
        varies = VARIES | (VARIES_IN_QUERY if "--query" in step.command else {})
        for pattern, word in varies.items():
            text = re.sub(pattern, word, text)
        return "".join(f"{line.rstrip()}\n" for line in text.splitlines())

    async def sh(self, where: str, script: str) -> str:
        """Run a script, which must succeed; return what it prints."""
        if NEEDS_A_SHELL.search(script):
            script = f"set -eo pipefail\n{script}"
        terminal = await self.open_terminal(script)
        async with asyncio.timeout(PATIENCE):
            output, _ = await terminal.communicate()
        assert terminal.returncode == 0, f"{where}: {script}\n{output.decode()}"
        return output.decode()

    async def open_terminal(self, command: str) -> Terminal:
        """Run a command, its two outputs in one as a person sees them.

        It runs in bash, unless it is a program of ours and nothing more.
        """
        words = [] if NEEDS_A_SHELL.search(command) else shlex.split(command)
        if words[:1] == ["python"] and zygote.fits(words[1:], self.environment):
            forked = await zygote.shared().start(
                words[1:], self.copy, self.environment, joined=True
            )
            self.terminals.append(forked)
            return forked
        with default_signals():
            terminal = await asyncio.create_subprocess_exec(
                "bash",
                "-c",
                command,
                cwd=self.copy,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        self.terminals.append(terminal)
        return terminal

    async def edit(self, prose: Part) -> None:
        """Edit the code as the prose says, or undo that and see that the gate is green again."""
        for edit in re.finditer(r"Delete the line `(.+?)` from `(.+?)`", prose.text):
            path = self.copy / edit[2]
            self.changed[path] = text = path.read_text()
            left = [line for line in text.splitlines(True) if line.strip() != edit[1]]
            assert len(left) + 1 == text.count("\n"), f"{prose.at(edit.start())}: no such line"
            path.write_text("".join(left))
        if undo := re.search("Undo the edit, and it is green again", prose.text):
            assert self.changed, f"{prose.at(undo.start())}: there is nothing to undo"
            for path, text in self.changed.items():
                path.write_text(text)
            self.changed.clear()
            await self.sh(prose.at(undo.start()), "python -m replaygate check")

    async def python(self, block: Part) -> None:
        """Run a Python block with pytest, if it is not a part of a file of ours."""
        if not any(block.text in file.read_text() for file in SOURCES):
            test = self.copy / "tests" / "test_of_a_document.py"
            test.write_text(block.text)
            said = await self.sh(block.at(), f"python -m pytest -p no:cacheprovider {test}")
            test.unlink()
            assert " passed" in said, block.at()

    async def close(self) -> None:
        """Close all terminals; what is in the middle of something gets a signal to end."""
        for terminal in self.terminals:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(terminal.pid, signal.SIGTERM)
        for terminal in reversed(self.terminals):
            try:
                async with asyncio.timeout(PATIENCE / 2):
                    await terminal.communicate()
            except TimeoutError:
                os.killpg(terminal.pid, signal.SIGKILL)
                await terminal.communicate()
        if (self.copy / ".temporal").exists():  # a dev server that local mode could not stop
            await self.sh("", "make stop")
