"""The gate as a person runs it: ``replay.py`` in a process of its own, on recordings and worse."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from replay import parse_arguments
from tests.recordings.scenarios import HISTORIES
from tests.support.damaged import REFUSED, TIMER, UNREPLAYABLE, history
from tests.support.executions import SSN
from tests.support.programs import SUMMARY, Program, Project, status

LAST_SUMMARY = re.compile(rf"(?:^|\n){SUMMARY}$")
GOOD, OTHER_GOOD = "timer.python-1.35.0.json", "no-timer.python-1.35.0.json"
BAD = "before-sleep-draw-42.python-1.35.0.json"
HANGS = "while True: pass"
PANICS = history(TIMER[::-1])  # if nobody looks at it before
SLEEP = "await asyncio.sleep(60)"
ON_A_TERMINAL = """
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
"""
ELSEWHERE = """
import os, sys
os.chdir(os.sep)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="terminals and signals as in POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture
def gate(project: Project) -> Project:
    """The project with its recordings."""
    shutil.copytree(HISTORIES, project.directory / "histories")
    project.environment = {
        name: value
        for name, value in project.environment.items()
        if name not in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE")
    }
    return project


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


async def test_it_replays_our_recordings(gate: Project) -> None:
    """Without a path it replays the folder histories, without what is known to be incompatible.

    If all replay, one summary line is all it says, and its exit status is 0.
    """
    found = await gate.run("replay.py")
    assert (status(found), found.err) == (0, "")
    assert re.fullmatch(SUMMARY, found.out)
    assert counts(found) == (len([*HISTORIES.glob("*.json")]), 0, 0)


async def test_it_replays_from_another_folder(gate: Project) -> None:
    """From another current folder it finds the same recordings."""
    found = await gate.run("-c", ELSEWHERE, str(gate.directory / "replay.py"))
    assert status(found) == 0
    assert counts(found) == (len([*HISTORIES.glob("*.json")]), 0, 0)


async def test_the_incompatible_are_replayed_if_named(gate: Project) -> None:
    """Recordings in the folder incompatible fail when it is named, all but the lucky one."""
    found = await gate.run("replay.py", "histories", "histories/incompatible")
    assert status(found) == 1
    assert counts(found)[1:] == (2, 0)
    assert {Path(name).name.split(".")[0] for name in failures(found)} == {
        "before-sleep-draw-7",
        "before-sleep-draw-42",
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([GOOD], 0, id="good"),
        pytest.param([GOOD, BAD], 1, id="incompatible"),
        pytest.param([GOOD, b"{}"], 2, id="no-history"),
        pytest.param([GOOD, BAD, b"{}"], 1, id="incompatible-and-no-history"),
    ],
)
async def test_the_exit_status(gate: Project, given: list[str | bytes], expected: int) -> None:
    """The exit status is 1 if any history is incompatible, 2 if one is only not verified."""
    put(gate, *given)
    assert status(await gate.run("replay.py", "given")) == expected


async def test_a_failure_has_one_line(gate: Project) -> None:
    """On stdout each failure has one line before the summary; the diagnosis is on stderr."""
    bad, nothing = put(gate, b"{}", BAD)[::-1]
    found = await gate.run("replay.py", "given")
    assert failures(found) == {
        nothing: 'it has no list of "events"',
        bad: "Event 5 is ActivityTaskScheduled ssn_trace_activity, "
        "and the code gave StartTimer 60s",
    }
    assert counts(found) == (0, 1, 1)
    assert found.err.startswith(
        f"{bad}: BackgroundCheck is incompatible with this Event History.\n"
    )
    assert "\x1b" not in found.err


async def test_bad_input_is_named(gate: Project) -> None:
    """Whatever is no Event History, or can't be replayed here, is named with one clear line."""
    expected = REFUSED | UNREPLAYABLE
    folder = gate.directory / "given"
    folder.mkdir()
    for name, (content, _) in expected.items():
        (folder / f"{name}.json").write_bytes(content)
    found = await gate.run("replay.py", "given", "--timeout", "5")
    assert (status(found), found.err) == (2, "")
    said = {Path(name).stem: line for name, line in failures(found).items()}
    assert said.keys() == expected.keys()
    for name, (_, words) in expected.items():
        assert re.search(words, said[name]), (name, said[name])


@pytest.mark.parametrize("folder", ["empty", "nothing"])
async def test_a_folder_without_histories_is_not_verified(gate: Project, folder: str) -> None:
    """A folder without an Event History, or a path where nothing is, proves nothing."""
    (gate.directory / "empty").mkdir()
    found = await gate.run("replay.py", folder)
    assert status(found) == 2
    assert [*failures(found)] == [folder]


async def test_a_file_counts_once(gate: Project) -> None:
    """A file that is named several times, in whatever way, is replayed once."""
    (name,) = put(gate, GOOD)
    found = await gate.run(
        "replay.py", name, "given", name, f"./{name}", str(gate.directory / name)
    )
    assert (status(found), counts(found)) == (0, (1, 0, 0))


async def test_json_is_one_document(gate: Project) -> None:
    """With --json stdout holds one document, and stderr nothing."""
    nothing, bad, good = put(gate, b"{}", BAD, GOOD)
    found = await gate.run("replay.py", "given", "--json")
    assert (status(found), found.err) == (1, "")
    document: dict[str, Any] = json.loads(found.out)
    histories = {entry["name"]: entry for entry in document.pop("histories")}
    assert document == {
        "status": 1,
        "replays": 1,
        "incompatible": 1,
        "unverified": 1,
        "not begun": 0,
    }
    assert {name: entry["outcome"] for name, entry in histories.items()} == {
        nothing: "unverified",
        bad: "incompatible",
        good: "replays",
    }
    assert histories[bad]["command"] == "gave StartTimer 60s"
    assert histories[good]["workflow_type"] == "BackgroundCheck"


@pytest.mark.parametrize(("options", "expected"), [((), 0), (("--strict",), 1)], ids=["", "strict"])
async def test_another_result_fails_if_strict(
    gate: Project, options: tuple[str, ...], expected: int
) -> None:
    """Another result than the recorded one is reported, and with --strict it fails."""
    gate.change("backgroundcheck.py", "return await", 'return "all " + await')
    (name,) = put(gate, GOOD)
    found = await gate.run("replay.py", "given", *options)
    assert status(found) == expected
    assert failures(found) == {name: "replays, but returns 'all pass' instead of 'pass'"}


@pytest.mark.parametrize("jobs", ["1", "3"])
async def test_any_number_of_processes_says_the_same(gate: Project, jobs: str) -> None:
    """The number of processes changes nothing in what is said, nor in the order of it."""
    put(gate, b"{}", BAD, b"", GOOD, OTHER_GOOD, b"[]")
    found = await gate.run("replay.py", "given", "--jobs", jobs)
    assert status(found) == 1
    assert [Path(name).name for name in failures(found)] == ["0.json", "2.json", "5.json", BAD]
    assert counts(found) == (2, 1, 3)


async def test_a_panic_is_named(gate: Project) -> None:
    """A history on which Core panics is named within seconds, and the rest are replayed."""
    gate.change("history.py", "    check(history)\n", "")
    put(gate, PANICS, GOOD, OTHER_GOOD)
    since = time.monotonic()
    found = await gate.run("replay.py", "given")
    assert time.monotonic() - since < 10  # a third of the time-out
    assert (status(found), counts(found)) == (2, (2, 0, 1))
    assert [*failures(found).values()] == [
        "the SDK's Core panics on it, as it does on damaged histories"
    ]


async def test_a_hang_is_given_up(gate: Project) -> None:
    """A history that is not replayed in time is given up and named, and the rest are replayed."""
    gate.change("backgroundcheck.py", SLEEP, HANGS)
    put(gate, GOOD, OTHER_GOOD, "draw-50.python-1.35.0.json")
    found = await gate.run("replay.py", "given", "--timeout", "1.5")
    assert (status(found), counts(found)) == (2, (2, 0, 1))
    assert failures(found) == {f"given/{GOOD}": "there is no answer within 1.5 s"}


@posix
async def test_a_terminal_gets_colours_and_a_bar(gate: Project) -> None:
    """On a terminal a bar counts the histories, and the diagnosis has colours."""
    put(gate, BAD, GOOD)
    command = (sys.executable, "replay.py", "given")
    found = await gate.run("-c", ON_A_TERMINAL, *command, TERM="xterm", COLUMNS="100")
    assert status(found) == 1
    assert "━" in found.out
    assert "2/2" in found.out
    assert f"\x1b[1;31mgiven/{BAD}: BackgroundCheck is incompatible" in found.out


@posix
async def test_json_on_a_terminal_stays_json(gate: Project) -> None:
    """With --json a terminal gets the one document, too, without a bar."""
    put(gate, BAD, GOOD)
    command = (sys.executable, "replay.py", "given", "--json")
    found = await gate.run("-c", ON_A_TERMINAL, *command, TERM="xterm", COLUMNS="100")
    assert json.loads(found.out)["status"] == 1


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
@pytest.mark.parametrize(
    ("number", "expected"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
    ids=["SIGINT", "SIGTERM", "SIGKILL"],
)
async def test_nothing_outlives_it(gate: Project, number: signal.Signals, expected: int) -> None:
    """However it is ended, no process of it goes on, not even one that hangs."""
    gate.change("backgroundcheck.py", SLEEP, HANGS)
    put(gate, GOOD, "draw-49.python-1.35.0.json")
    running = await gate.start("replay.py", "given", "--jobs", "2")
    await until(lambda: len(processes_of(running)) == 2)
    started = processes_of(running)
    await asyncio.sleep(0.5)
    since = time.monotonic()
    running.send(number)
    try:
        async with asyncio.timeout(10):
            assert await running.process.wait() == expected
        await until(lambda: not any(map(runs, started)))
    finally:
        for process in filter(runs, started):
            os.kill(process, signal.SIGKILL)
    assert time.monotonic() - since < 3
    assert running.err == ""


@pytest.mark.parametrize(
    ("old", "new", "stood_at"),
    [
        pytest.param(
            f"            {SLEEP}\n",
            "            pass\n",
            "return await workflow.execute_activity(",
            id="sleep-removed",
        ),
        pytest.param(
            "ssn_trace_activity,\n            ssn",
            '"ssn_trace",\n            ssn',
            "return await workflow.execute_activity(",
            id="activity-renamed",
        ),
        pytest.param(
            f'workflow.logger.info("Sleeping for 60 seconds")\n            {SLEEP}',
            "await self.rest()\n        await self.rest()\n\n"
            f"    async def rest(self) -> None:\n        {SLEEP}\n\n"
            "    async def trace(self, ssn: str) -> str:",
            SLEEP,
            id="sleep-in-helper",
        ),
        pytest.param(SLEEP, "raise KeyError(ssn[:3])", "raise KeyError(ssn[:3])", id="raises"),
        pytest.param(
            SLEEP,
            "await workflow.wait_condition(lambda: False)",
            "await workflow.wait_condition(lambda: False)",
            id="waits",
        ),
    ],
)
async def test_a_change_is_found_at_its_line(
    gate: Project, old: str, new: str, stood_at: str
) -> None:
    """A change to the Workflow Definition is refused, and the line where it stood is named."""
    gate.change("backgroundcheck.py", old, new)
    found = await gate.run("replay.py", f"histories/{GOOD}")
    assert (status(found), counts(found)) == (1, (0, 1, 0))
    source = (gate.directory / "backgroundcheck.py").read_text().splitlines()
    (number,) = (n for n, text in enumerate(source, 1) if text.strip() == stood_at)
    assert f" backgroundcheck.py:{number}  {stood_at}\n" in found.err
    assert SSN not in found.out + found.err


@pytest.mark.parametrize(
    "options",
    [
        ("--jobs", "0"),
        ("--jobs", "two"),
        ("--timeout", "0"),
        ("--timeout", "-1"),
        ("--timeout", "nan"),
        ("--timeout", "inf"),
        ("--limit", "0"),
        ("--no-such-option",),
    ],
    ids=" ".join,
)
def test_a_bad_option_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    """An option that makes no sense is named on stderr, and the exit status is 2."""
    monkeypatch.setattr(sys, "argv", ["replay.py", *options])
    with pytest.raises(SystemExit, match=r"^2$"):
        parse_arguments()
    assert re.search(f"error: .*{options[0]}", capsys.readouterr().err)


async def test_a_bad_option_leaves_no_traceback(gate: Project) -> None:
    """A person's mistake on the command line ends the process with status 2 and a usage line."""
    found = await gate.run("replay.py", "--jobs", "0")
    assert (status(found), found.out) == (2, "")
    assert found.err.startswith("usage: replay.py ")


async def test_help_is_no_failure(gate: Project) -> None:
    """With --help it says what it does and what its exit status means."""
    found = await gate.run("replay.py", "--help")
    assert (status(found), found.err) == (0, "")
    assert "Exit status 0: all replay." in found.out
