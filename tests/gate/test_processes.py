"""Child processes: none outlives the command, however it ends."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.gate import GOOD, HANGS, LOOPS, SLEEP, put
from tests.support.programs import GATE, Program, Project

SAYS_SO = """with workflow.unsafe.sandbox_unrestricted():
                open(f"begun-{workflow.info().run_id}", "w").close()
            """

linux = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


def processes_of(program: Program) -> set[int]:
    """Return the processes that this one has started and that still run."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    return {child for child, parent in parents.items() if parent == program.process.pid}


def runs(process: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(holds: Callable[[], bool]) -> None:
    """Wait until this holds."""
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not within 20 s")


@linux
@pytest.mark.parametrize("code", [LOOPS, HANGS], ids=["loops", "hangs"])
@pytest.mark.parametrize(
    ("number", "expected"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
    ids=["SIGINT", "SIGTERM", "SIGKILL"],
)
async def test_nothing_outlives_it(
    gate: Project, number: signal.Signals, expected: int, code: str
) -> None:
    """However it is ended, no process of it goes on, not even one that keeps the interpreter."""
    gate.change("backgroundcheck.py", SLEEP, SAYS_SO + code)
    put(gate, GOOD, "draw-49.python-1.35.0.json")
    running = await gate.start(*GATE, "given", "--jobs", "2")
    await until(lambda: len([*gate.directory.glob("begun-*")]) == 2)
    started = processes_of(running)
    running.send(number)
    try:
        async with asyncio.timeout(30):
            assert await running.process.wait() == expected
        await until(lambda: not any(map(runs, started)))
    finally:
        for process in filter(runs, started):
            os.kill(process, signal.SIGKILL)
    assert running.err == ""
