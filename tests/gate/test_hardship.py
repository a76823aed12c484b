"""Whatever happens to its streams and processes, the gate's exit status stays the verdict's."""

import asyncio
import json
import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.support.gate import BAD, GOOD, OTHER_GOOD, counts, failures, put
from tests.support.programs import GATE, Program, Project, status

COMMAND = shlex.join([sys.executable, *GATE])
ALSO_GOOD = "draw-50.python-1.35.0.json"

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
linux = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


async def shell(gate: Project, line: str) -> Program:
    """Run a line of shell in the project."""
    return await gate.run("/bin/bash", "-c", line)


@posix
@pytest.mark.parametrize(
    ("redirection", "file", "expected"),
    [
        (">&-", GOOD, 0),
        ("2>&-", BAD, 1),
        ("<&- >&- 2>&-", BAD, 1),
        (">/dev/full 2>/dev/full", BAD, 1),
        (">/dev/full", GOOD, 0),
        ("--json >/dev/full", "absent.json", 2),
        ("--json >&-", BAD, 1),
    ],
)
async def test_streams_that_take_nothing(
    gate: Project, redirection: str, file: str, expected: int
) -> None:
    """Standard streams may be closed or full."""
    (given,) = put(gate, file) if file != "absent.json" else [file]
    found = await shell(gate, f"{COMMAND} {given} {redirection}")
    assert status(found) == expected


@posix
@pytest.mark.parametrize(("file", "expected"), [(GOOD, 2), (BAD, 1)], ids=["replays", "does not"])
async def test_a_report_that_finds_no_room(gate: Project, file: str, expected: int) -> None:
    """A report that can't be written is told in one line; what is incompatible stays so."""
    put(gate, file)
    found = await gate.run(*GATE, "given", "--junitxml", "/dev/full")
    assert status(found) == expected
    assert found.err.splitlines()[-1] == "/dev/full can't be written: No space left on device"


@posix
@pytest.mark.parametrize("number", [8, 16])
async def test_few_open_files(gate: Project, number: int) -> None:
    """With too few files to work with, nothing is verified, and one line says why."""
    put(gate, BAD)
    found = await shell(gate, f"ulimit -n {number}; {COMMAND} given --json --jobs 2")
    document = json.loads(found.out)
    assert status(found) == document["status"] == 2
    assert len(document["errors"]) + document["unverified"] == 1
    assert found.err == ""


def children(program: Program) -> list[int]:
    """Return the processes that a program has started, but what tidies up behind spawned ones."""
    folder = Path(f"/proc/{program.process.pid}/task/{program.process.pid}/children")
    found = [Path(f"/proc/{number}/cmdline") for number in folder.read_text().split()]
    return [int(each.parent.name) for each in found if b"resource_tracker" not in each.read_bytes()]


def unsafe(code: str) -> str:
    """Let Workflow code do what the sandbox keeps from it."""
    return f"with workflow.unsafe.sandbox_unrestricted():\n                {code}"


@linux
async def test_a_child_is_killed(gate: Project) -> None:
    """Killing a process of the gate costs the history that it replays, and no other."""
    code = unsafe("open('begun', 'w').close(); import time; time.sleep(1.5)")
    gate.change("backgroundcheck.py", "await asyncio.sleep(60)", code)
    put(gate, GOOD, OTHER_GOOD, ALSO_GOOD)
    running = await gate.start(*GATE, "given", "--jobs", "1")
    for _ in range(1000):
        if (gate.directory / "begun").exists():
            break
        await asyncio.sleep(0.02)
    (child,) = children(running)
    os.kill(child, signal.SIGKILL)
    await running.ends()
    assert (status(running), counts(running)) == (2, (2, 0, 1))
    assert failures(running) == {f"given/{GOOD}": "the process was killed by SIGKILL"}


IN_INIT = """return ssn

    def __init__(self) -> None:
        raise BaseException("no")

    async def never(self, ssn: str) -> str:"""
# What code does, and what the gate says of it.
ENDS = {
    "sys_exit": ("sys.exit(3)", "the code raised SystemExit, which a Workflow Task does"),
    "os_exit": ("os._exit(0)", "code of the Worker ended the process, with status 0"),
    "sigkill": ("os.kill(os.getpid(), 9)", "the process was killed by SIGKILL"),
    "sigterm": ("os.kill(os.getpid(), 15)", "the process was killed by SIGTERM"),
    "abort": ("os.abort()", "the process was killed by SIGABRT"),
    "memory": ("bytearray(1 << 40)", "it takes more memory than a replay process may have"),
    "recursion": ("(f := lambda: f())()", "the code raised RecursionError"),
    "base": ("raise BaseException('no')", "the code raised BaseException, which is no Exc"),
    "generator": ("raise GeneratorExit", "the code raised GeneratorExit, which is no Exception"),
    "cancelled": ("raise asyncio.CancelledError", "Event 5 is TimerStarted 60s, and the code gave"),
    "begins": (
        IN_INIT,
        "the code raised BaseException, which a Workflow Task does not survive",
    ),
    "replays": ("await asyncio.sleep(60)", ""),
    # What a forked process of it does is no concern of the Worker's.
    "fork_exits": ("os.fork() or sys.exit(3); await asyncio.sleep(60)", ""),
    "fork_goes_on": ("os.fork(); await asyncio.sleep(60)", ""),
    "fork_raises": ("os.fork() or ssn.no; await asyncio.sleep(60)", ""),
    "fork_waits": ("os.fork() or time.sleep(99); await asyncio.sleep(60)", ""),
    "after_forks": ("await asyncio.sleep(60)", ""),
}
ENDING = """
@workflow.defn(name="{name}", sandboxed=False)
class Ends_{name}:
    @workflow.run
    async def run(self, ssn: str) -> str:
        {code}
        return await workflow.execute_activity(
            "ssn_trace_activity", ssn, schedule_to_close_timeout=timedelta(seconds=5)
        )

"""
HEAD = """
import asyncio, os, sys, time
from datetime import timedelta
from temporalio import workflow
"""


@linux
async def test_workflow_code_that_ends_its_process(gate: Project) -> None:
    """It costs the history whose code does that, and the others are replayed."""
    classes = [ENDING.format(name=name, code=code) for name, (code, _) in ENDS.items()]
    all_of_them = f"ALL = [{', '.join(f'Ends_{name}' for name in ENDS)}]"
    (gate.directory / "ends.py").write_text("\n".join([HEAD, *classes, all_of_them]))
    recorded = (gate.directory / "histories" / GOOD).read_text()
    for name in ENDS:
        (gate.directory / f"{name}.json").write_text(
            recorded.replace('"BackgroundCheck"', f'"{name}"')
        )
    files = [f"{name}.json" for name in ENDS]
    found = await gate.run(*GATE, *files, "--worker", "ends:ALL", "--jobs", "1", "--json")
    document = json.loads(found.out)
    assert (status(found), document["replays"]) == (1, 6)
    reasons = {entry["name"]: entry["reason"] for entry in document["histories"]}
    for name, (_, words) in ENDS.items():
        assert reasons[f"{name}.json"].startswith(words), (name, reasons)
