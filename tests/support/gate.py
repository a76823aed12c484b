"""What a run of the gate is given, and what it says; its tests share these."""

import re
import shutil

from tests.recordings.scenarios import HISTORIES
from tests.support.programs import SUMMARY, Program, Project

LAST_SUMMARY = re.compile(rf"(?:^|\n){SUMMARY}$")
GOOD, OTHER_GOOD = "timer.python-1.35.0.json", "no-timer.python-1.35.0.json"
BAD = "before-sleep-draw-42.python-1.35.0.json"
SLEEP = "await asyncio.sleep(60)"  # in the Workflow Definition
LOOPS = "while True: pass"
# The regular expression engine keeps the interpreter to itself: no other thread runs any more.
HANGS = f'import re; re.match("(a+)+$", {"a" * 40 + "b"!r})'


def put(project: Project, *contents: bytes | str) -> list[str]:
    """Put files into the folder ``given``: recordings by their names, others as they are."""
    folder = project.directory / "given"
    folder.mkdir(exist_ok=True)
    for number, content in enumerate(contents):
        if isinstance(content, bytes):
            (folder / f"{number}.json").write_bytes(content)
        else:
            shutil.copy(next(HISTORIES.rglob(content)), folder)
    return sorted(str(file.relative_to(project.directory)) for file in folder.iterdir())


def counts(program: Program) -> tuple[int, ...]:
    """Return how many replay, are incompatible and are not verified, by the summary."""
    summary = LAST_SUMMARY.search(program.out)
    assert summary, program
    return tuple(int(number) for number in summary.groups())


def failures(program: Program) -> dict[str, str]:
    """Return what stdout says of each history that fails: all lines but the summary."""
    *lines, _ = program.out.splitlines()
    return dict(line.split(": ", 1) for line in lines)
