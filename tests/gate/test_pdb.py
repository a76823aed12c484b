"""``replaygate check --pdb``: the debugger, driven through a terminal as a person drives it."""

import os
import pty
import re
import select
import shutil
import sys
import time
from collections.abc import Callable, Sequence

import pytest

from tests.recordings.scenarios import HISTORIES
from tests.support import zygote
from tests.support.programs import PATIENCE, Project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals as in POSIX")

TIMER, BAD = "timer.python-1.35.0.json", "before-sleep-draw-7.python-1.35.0.json"
PROMPT = b"(Pdb) "
RUN = "return await workflow.execute_activity("
DRAW = "random_number = workflow.random().randint(1, 100)"


class Terminal:
    """A terminal in which the gate runs."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self.text = b""
        self.ends: Callable[[], int]
        command = ["-m", "replaygate", "check", "--worker", "worker:main", *arguments]
        folder, environment = project.directory, project.environment
        if zygote.fits(command, environment):
            self.screen, terminal = os.openpty()
            told = zygote.shared().ask(command, folder, environment, [terminal] * 3)
            os.close(terminal)
            self.ends = lambda: zygote.ended(told)
            return
        process, self.screen = pty.fork()
        if process == 0:
            os.chdir(folder)
            os.execve(sys.executable, [sys.executable, *command], environment)
        self.ends = lambda: os.waitpid(process, 0)[1]

    def type(self, *lines: str) -> tuple[list[str], int]:
        """Answer each prompt with a line; return what each came to, and the exit status."""
        answers = []
        for line in lines:
            answers.append(self.until(PROMPT))
            os.write(self.screen, f"{line}\n".encode())
        answers.append(self.until(b""))
        status = os.waitstatus_to_exitcode(self.ends())
        os.close(self.screen)
        return answers, status

    def until(self, end: bytes) -> str:
        """Return what comes until the prompt, or until the program ends."""
        text, deadline = b"", time.monotonic() + PATIENCE
        while not (end and end in text):
            assert time.monotonic() < deadline, text
            if select.select([self.screen], [], [], 1)[0]:
                try:
                    text += os.read(self.screen, 65536)
                except OSError:  # the program has ended
                    assert not end, text
                    break
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.decode()).replace("\r\n", "\n")


def put(project: Project, *names: str) -> Sequence[str]:
    """Put recordings into the project."""
    for name in names:
        shutil.copy(next(HISTORIES.rglob(name)), project.directory)
    return names


async def test_at_a_mismatch(project: Project) -> None:
    """At a mismatch the debugger opens at the line where the code stood, with its variables."""
    (opened, drawn, report), status = Terminal(project, *put(project, BAD), "--pdb").type(
        "p random_number", "c"
    )
    assert re.search(r"> \S+/backgroundcheck\.py\(25\)run\(\)\n-> await asyncio\.sleep", opened)
    assert "does not handle this event: HistoryEvent(id: 5, ActivityTaskScheduled)" in opened
    assert "\n7\n" in drawn
    assert "0 replay, 1 incompatible, 0 not verified" in report
    assert status == 1


async def test_another_result(project: Project) -> None:
    """--strict compares the results there, too."""
    names = put(project, TIMER)
    project.change("backgroundcheck.py", RUN, f'return "not " + {RUN.removeprefix("return ")}')
    (report,), status = Terminal(project, *names, "--pdb", "--strict").type()
    assert "0 replay, 1 incompatible, 0 not verified" in report
    assert status == 1


async def test_breakpoint(project: Project) -> None:
    """breakpoint() in Workflow code stops there, in the sandbox, and the code can be stepped."""
    project.change("backgroundcheck.py", DRAW, f"{DRAW}; breakpoint()")
    (opened, drawn, stepped, report), status = Terminal(
        project, *put(project, TIMER), "--pdb"
    ).type("p random_number", "n", "c")
    assert re.search(r"> \S+/backgroundcheck\.py\(2[23]\)run\(\)", opened)  # from 3.13 on, 22
    assert re.search(r"^\d+$", drawn, re.MULTILINE)
    assert re.search(r"> \S+/backgroundcheck\.py\(2[34]\)run\(\)", stepped)
    assert "1 replay, 0 incompatible, 0 not verified" in report
    assert status == 0


async def test_at_an_exception(project: Project) -> None:
    """Where Workflow code raises, the debugger opens at that line."""
    project.change("backgroundcheck.py", DRAW, f"{DRAW}; raise ValueError(ssn)")
    (opened, _), status = Terminal(project, *put(project, TIMER), "--pdb").type("q")
    assert re.search(r"> \S+/backgroundcheck\.py\(22\)run\(\)", opened)
    assert "ValueError" in opened
    assert status == 1


@pytest.mark.parametrize(("options", "shown"), [((), False), (("--show-values",), True)])
async def test_what_a_codec_hides(project: Project, options: tuple[str, ...], shown: bool) -> None:
    """A message that may hold a value which a codec hides is not printed, unless told to."""
    project.change("backgroundcheck.py", DRAW, f"{DRAW}; raise ValueError(ssn)")
    (opened, named, rest), _ = Terminal(project, *put(project, TIMER), "--pdb", *options).type(
        "p ssn", "q"
    )
    ssn = re.search(r"\d+-\d+-\d+", named)
    assert ssn
    assert (ssn[0] in opened + rest) is shown


async def test_one_history(project: Project) -> None:
    """--pdb takes one history; for several there is one line and status 2."""
    names = put(project, TIMER, BAD)
    program = await project.run(
        "-m", "replaygate", "check", "--worker", "worker:main", "--pdb", *names
    )
    assert program.process.returncode == 2
    assert "--pdb replays one history: name one of 2" in program.out


GATHERED = """asyncio.gather({})

    async def rest(self, name: str, seconds: float) -> None:
        await asyncio.sleep(0)
        {}

    async def trace(self, ssn: str) -> str:"""
SLEEPS = "await asyncio.sleep(seconds)"


@pytest.mark.parametrize(
    ("tasks", "rests"),
    [
        ('asyncio.sleep(60), self.rest("wrong", 7)', SLEEPS),
        (
            'self.rest("right", 60), self.rest("waits", 0), self.rest("wrong", 7)',
            "await (asyncio.sleep(seconds) if seconds else asyncio.Future())",
        ),
        (
            'self.rest("wrong", 7)',
            "await workflow.wait_condition(lambda: seconds > 7)",
        ),
    ],
    ids=["its own code", "one of several", "no Command"],
)
async def test_in_a_gathered_task(project: Project, tasks: str, rests: str) -> None:
    """At a mismatch the debugger opens in the task that gave the Command, or that waits."""
    project.change("backgroundcheck.py", "asyncio.sleep(60)", GATHERED.format(tasks, rests))
    (opened, named, _), status = Terminal(project, *put(project, TIMER), "--pdb").type(
        "p name", "c"
    )
    assert re.search(r"> \S+/backgroundcheck\.py\(\d+\)rest\(\)", opened)
    assert "'wrong'" in named
    assert status == 1
