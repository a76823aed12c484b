"""How the programs leave: Core's threads must not abort an interpreter that shuts down."""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

import pytest
from temporalio.client import Client

from connection import TASK_QUEUE
from tests.support.executions import worker
from tests.support.programs import Project
from tests.support.standins import Awake

SLEEPER = "import time; print('asleep', flush=True); time.sleep(60)"
LEAVES = """
import atexit, sys
sys.path.insert(0, ".")
from program import run

async def main() -> int:
    return 7

atexit.register(print, "registered")
run(main())
"""
TRACER = """
import runpy, sys
sys.settrace(lambda *_: None)
try:
    runpy.run_path("leaves.py", run_name="__main__")
except SystemExit as exit:
    print("traced to its end with", exit.code)
"""
CANCELLED_TWICE = """
import asyncio, os, signal
from program import run

async def main() -> int:
    os.kill(os.getpid(), signal.SIGINT)
    try:
        await asyncio.sleep(60)
    finally:
        asyncio.current_task().cancel()  # as the SDK does where a Worker fails
        await asyncio.sleep(60)

run(main())
"""
RUNS = 6  # python -m tests.application.soak --exits 200 takes minutes


async def test_short_runs_exit_0(own_client: Client, project: Project) -> None:
    """Every one of many short runs exits 0, detached or not."""
    numbers = itertools.count()

    async def runs() -> list[int | None]:
        statuses = []
        while (number := next(numbers)) < RUNS:
            detach = ["--detach"] * (number % 2)
            run = await project.run("main.py", "--workflow-id", f"check-{number}", *detach)
            statuses.append(run.process.returncode)
        return statuses

    async with worker(own_client, TASK_QUEUE, workflows=[Awake]):
        statuses = await asyncio.gather(runs(), runs())
    assert [*statuses[0], *statuses[1]] == [0] * RUNS


@pytest.mark.skipif(sys.platform == "win32", reason="signals as in POSIX")
async def test_sigint_ends_a_program_of_a_suite_that_ignores_it(project: Project) -> None:
    """Where the tests run in the background, and so ignore SIGINT, the programs do not."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        program = await project.start("-c", SLEEPER)
    finally:
        signal.signal(signal.SIGINT, before)
    await program.says("asleep")
    program.send(signal.SIGINT)
    assert await program.ends() == -signal.SIGINT


@pytest.mark.skipif(sys.platform == "win32", reason="signals as in POSIX")
async def test_ctrl_c_and_something_else(project: Project) -> None:
    """What Ctrl-C has cancelled, and something else too, ends as after Ctrl-C."""
    program = await project.run("-c", CANCELLED_TWICE)
    assert (program.process.returncode, program.err) == (130, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
async def test_help_on_a_full_disk(project: Project) -> None:
    """What can't be printed does not end a program: its help neither."""
    full = os.open("/dev/full", os.O_WRONLY)
    program = await project.start("main.py", "--help", stdout=full)
    os.close(full)
    assert await program.ends() == 0
    assert program.err == ""


@pytest.mark.parametrize(
    ("arguments", "says", "status"),
    [
        (["leaves.py"], "", 7),
        (["-m", "cProfile", "leaves.py"], "function calls", 0),  # so it ends, whatever it runs
        (["-c", TRACER], "traced to its end with 7", 0),
    ],
    ids=["atexit", "profiler", "tracer"],
)
async def test_tools_keep_their_output(
    project: Project, arguments: list[str], says: str, status: int
) -> None:
    """What atexit handlers, profilers and tracers print at the end is printed."""
    (project.directory / "leaves.py").write_text(LEAVES)
    program = await project.run(*arguments)
    assert program.process.returncode == status, program
    assert program.out.count("registered\n") == 1
    assert says in program.out
