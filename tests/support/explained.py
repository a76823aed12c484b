"""Records what the Workflows of ``diary.py`` leave behind, and has it explained."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.worker import Worker

from replaygate.events import type_of
from replaygate.explain.explaining import explanations
from replaygate.explain.explanation import Explanation, Frames, Row
from replaygate.inputs.sources import Source
from replaygate.shadow.slot import start_method
from replaygate.targets.target import Target
from tests.support.diary import ACTIVITIES, WORKFLOWS
from tests.support.programs import ROOT

DIARY = Target("tests.support.diary:WORKFLOWS", "", str(ROOT))
FILES = (ROOT / "tests" / "support" / "diary.py", ROOT / "tests" / "support" / "diary_helper.py")
Play = Callable[[WorkflowHandle[Any, Any]], Any]


async def recorded(client: Client, workflow: str, play: Play, *arguments: Any) -> WorkflowHistory:
    """Run a Workflow, let ``play`` do something to it, and return its first history."""
    name = f"diary-{workflow}-{play.__name__}"
    async with Worker(client, task_queue=name, workflows=WORKFLOWS, activities=ACTIVITIES):
        handle = await client.start_workflow(workflow, args=arguments, id=name, task_queue=name)
        await play(handle)
        run = handle.first_execution_run_id
        history = await client.get_workflow_handle(name, run_id=run).fetch_history()
    await terminated(client, name)
    return history


async def terminated(client: Client, name: str) -> None:
    """End what may still run."""
    handle = client.get_workflow_handle(name)
    if (await handle.describe()).close_time is None:
        await handle.terminate()


async def ends(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait for the end, whatever it is."""
    with contextlib.suppress(WorkflowFailureError):
        await handle.result()


async def reaches(handle: WorkflowHandle[Any, Any], *kinds: str) -> None:
    """Wait until the history ends with these Events."""
    while True:
        events = (await handle.fetch_history()).events
        if [type_of(event) for event in events[-len(kinds) :]] == [*kinds]:
            return
        await asyncio.sleep(0.02)


def explained(
    history: WorkflowHistory, target: Target = DIARY, show_values: bool = False
) -> Explanation:
    """Return the explanation of a history; by the fork server, because pytest has threads."""
    data = history.to_json().encode()
    source = Source("it.json", data=data, workflow_id=history.workflow_id)
    (told,) = explanations(source, target, 30, show_values, start_method=start_method())
    return told


def explained_file(path: Path, target: Target) -> Explanation:
    """Return the explanation of a file."""
    (told,) = explanations(Source(path.name, str(path)), target, 30, start_method=start_method())
    return told


def place(marker: str) -> tuple[str, int]:
    """Return the file's name and the line that ends with this comment."""
    for file in FILES:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if line.endswith(f"# {marker}"):
                return file.name, number
    raise AssertionError(f"no line is marked {marker!r}")


def places(frames: Frames) -> list[tuple[str, int]]:
    """Return file names and lines of a call stack, outermost first."""
    return [(Path(frame.file).name, frame.line) for frame in frames]


def innermost(frames: Frames) -> tuple[str, int]:
    """Return the line that counts."""
    return places(frames)[-1]


def row(told: Explanation, kind: str, number: int = 0) -> Row:
    """Return the nth Event of a type."""
    return [row for row in told.rows if row.type == kind][number]


def woken(told: Explanation, kind: str, number: int = 0) -> Sequence[tuple[str, int]]:
    """Return the lines that the nth Event of a type woke."""
    return [innermost(woke.frames) for woke in row(told, kind, number).woke]
