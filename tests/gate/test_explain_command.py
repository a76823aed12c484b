"""``replaygate explain`` as a person runs it, in a process of its own."""

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from temporalio.client import Client

from replaygate.explain.walk_text import walk_text
from replaygate.targets.target import Target
from tests.recordings.scenarios import HISTORIES
from tests.support.executions import started
from tests.support.explained import explained_file
from tests.support.made_up import CODE, long_history
from tests.support.programs import Program, Project, status, the_one_line
from worker import backgroundcheck_worker

WORKER = ("--worker", "worker:main")
TIMER, OPEN = "timer.python-1.35.0.json", "open-in-timer.python-1.35.0.json"
BAD = "before-sleep-draw-7.python-1.35.0.json"
SLEEP = "backgroundcheck.py:25"
CALL = "backgroundcheck.py:26"
SLEEPS = CODE.splitlines().index("            await asyncio.sleep(1)") + 1
WIDE = "漢字" * 30  # characters of two columns
HOSTILE = "a\x1b[31mb<script>alert(1)</script>\u202e\n::error::c" + "漢字" * 60


async def explain(project: Project, *arguments: str, **variables: str) -> Program:
    """Run the command on recordings that are named without their folder, and on other files."""
    for argument in arguments:
        if found := list(HISTORIES.rglob(argument)) if argument.endswith(".json") else []:
            shutil.copy(found[0], project.directory)
    return await project.run("-m", "replaygate", "explain", *WORKER, *arguments, **variables)


def beside(program: Program) -> dict[int, str]:
    """Return what stands beside each Event, by its number."""
    found: dict[int, str] = {}
    for line in program.out.splitlines():
        if match := re.match(r" {0,4}(\d+)  \d\d:\d\d:\d\d ", line):
            number = int(match[1])
            found[number] = ""
        if found and len(line) > 45:
            found[number] += f"{line[45:]}\n"
    return found


def put(project: Project, history: dict[str, Any], name: str = "it.json") -> str:
    """Write a history into the project."""
    (project.directory / name).write_text(json.dumps(history))
    return name


async def test_a_timer(project: Project) -> None:
    """The line that sleeps stands beside the Timer's Events, the silent log line where it ran."""
    told = await explain(project, TIMER)
    assert (status(told), told.err) == (0, "")
    code = beside(told)
    assert list(code) == [*range(1, 17)]
    assert code[1].startswith("begins backgroundcheck.py:22")
    assert code[4].splitlines()[:4] == [
        "ran backgroundcheck.py:22-25",
        "says INFO Sleeping for 60 seconds",
        "  (silent in replay)",
        f"waits at {SLEEP}",
    ]
    assert code[5].startswith(SLEEP)
    assert code[6].startswith(f"wakes {SLEEP}")
    assert code[10].startswith(CALL)
    assert code[12].startswith(f"wakes {CALL}")
    assert code[16].startswith(CALL)
    assert not any(code[number].strip() for number in (2, 3, 7, 8, 11, 13, 14))


async def test_an_open_execution(project: Project) -> None:
    """An open Execution ends with the line that it waits at, and the Command that it waits for."""
    told = await explain(project, OPEN)
    end = told.out.partition("It is open.\n")[2]
    assert status(told) == 0
    assert f"waits at {SLEEP}  await asyncio.sleep(60)" in end
    assert "waits for StartTimer 60s (Event 5)" in end


async def test_incompatible(project: Project) -> None:
    """The columns part at the Event that differs, beside it the Command and its line; status 1."""
    told = await explain(project, BAD)
    assert status(told) == 1
    before, _, after = told.out.partition("-- here history and code part --")
    assert re.search(r"^ +4  .*WorkflowTaskCompleted", before, re.MULTILINE)
    assert re.search(r"^-*\n +5  .*ActivityTaskScheduled +gave StartTimer 60s\n", after)
    assert f"at {SLEEP}" in after
    assert "and the code gave\nStartTimer 60s" in after


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param([], "Which history", id="none"),
        pytest.param([TIMER, OPEN, "--html", "x.html"], "A page shows one history", id="two"),
        pytest.param([TIMER, "--html", "no/x.html"], "can't be written", id="no-folder"),
    ],
)
async def test_mistakes(project: Project, arguments: list[str], says: str) -> None:
    """A person's mistake gets one line and status 2."""
    assert says in the_one_line(await explain(project, *arguments))


async def test_what_is_no_history(project: Project) -> None:
    """What can't be explained says why, with status 2."""
    told = await explain(project, put(project, {"events": []}))
    assert status(told) == 2
    assert "it holds no Events" in told.out


def hostile(workflow_id: str) -> dict[str, Any]:
    """Return a history that somebody has filled with what a terminal must not be given."""
    history: dict[str, Any] = json.loads(next(HISTORIES.rglob(TIMER)).read_text())
    for event in history["events"]:
        for told in event.values():
            if isinstance(told, dict):
                told["identity"] = HOSTILE
    history["events"][0]["workflowExecutionStartedEventAttributes"]["workflowId"] = workflow_id
    return history


async def test_it_fits_the_terminal(project: Project) -> None:
    """No line is longer than the window, whatever the history holds, and nothing is unescaped."""
    told = await explain(project, BAD, put(project, hostile(HOSTILE)), COLUMNS="60")
    assert status(told) == 1
    assert max(cell_len(line) for line in told.out.splitlines()) <= 60
    assert r"a\x1b[31mb" in told.out
    assert "\x1b" not in told.out


@pytest.mark.parametrize("name", [TIMER, OPEN, BAD, "wide.json"])
def test_it_fits(project: Project, name: str) -> None:
    """Whatever is explained fits a window of any width."""
    path = project.directory / put(project, hostile(WIDE), "wide.json")
    path = next(HISTORIES.rglob(name), path)
    told = explained_file(path, Target("worker:main", "", str(project.directory)))
    assert told.rows
    for width in (130, 80, 60, 40):
        assert max(cell_len(line) for line in walk_text(told, width).splitlines()) <= width


async def test_from_the_service(project: Project, own_client: Client, fresh_id: str) -> None:
    """Without a file, --workflow-id fetches the Execution; an unknown one gets one line."""
    project.environment["TEMPORAL_NAMESPACE"] = own_client.namespace
    handle = await asleep(own_client, fresh_id)
    told = await explain(project, "--workflow-id", handle)
    assert status(told) == 0, told
    assert f"waits at {SLEEP}" in told.out
    assert "has no nobody" in the_one_line(await explain(project, "--workflow-id", "nobody"))


async def asleep(client: Client, task_queue: str) -> str:
    """Return the Workflow Id of an Execution that sleeps, and that no Worker serves any more."""
    async with backgroundcheck_worker(client, task_queue=task_queue):
        return (await started(client, task_queue, sleeps=True)).id


async def test_code_that_would_end_the_process(project: Project) -> None:
    """Of code that calls sys.exit is told how far it came; what it prints stays out of the way."""
    project.change(
        "backgroundcheck.py", "await asyncio.sleep(60)", 'print("noise"); raise SystemExit'
    )
    told = await explain(project, TIMER)
    assert status(told) == 1
    assert "ran backgroundcheck.py:22-25" in told.out
    assert re.search(r"says noise\n +\(repeated in replay\)", told.out)
    assert "raised SystemExit" in told.out


async def test_long_histories(project: Project, tmp_path: Path) -> None:
    """2,000 Events are explained within seconds, and the page of 1,000 is below 2 MB."""
    (project.directory / "sleeper.py").write_text(CODE)
    (project.directory / "long.json").write_text(long_history(400))
    (project.directory / "page.json").write_text(long_history(200))
    sleeper = ("--worker", "sleeper:WORKFLOWS")
    before = time.monotonic()
    told = await explain(project, "long.json", *sleeper)
    assert time.monotonic() - before < 20
    assert beside(told)[2000].startswith(f"sleeper.py:{SLEEPS}\n")
    assert status(await explain(project, "page.json", *sleeper, "--html", "page.html")) == 0
    assert (project.directory / "page.html").stat().st_size < 2_000_000
