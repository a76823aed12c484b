"""The fixture ``replay``: every Workflow test can be a replay test, too."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHandle, WorkflowHistory

from replaygate.events import attributes_of
from replaygate.inputs.sources import Source
from replaygate.pytest_plugin.asking import OnDemand
from replaygate.pytest_plugin.items import NOT_BEGUN, failures, remarks
from replaygate.pytest_plugin.judge_process import Refused
from replaygate.verdict import Outcome

Ran = WorkflowHandle[Any, Any] | WorkflowHistory


def replaying(test: pytest.Item, ask: OnDemand) -> Callable[[Ran], Coroutine[Any, Any, None]]:
    """Return the function that replays what this test has run."""
    kept_in: Path | None = test.config.getoption("keep_histories")
    folder = test.config.invocation_params.dir / kept_in if kept_in else None  # tests may chdir

    async def replay(ran: Ran) -> None:
        async for history in runs_of(ran):
            if folder:
                keep(history, folder, test.name)
            await replay_one(history, test, ask)

    return replay


async def replay_one(history: WorkflowHistory, test: pytest.Item, ask: OnDemand) -> None:
    """Fail the test, or the code that it is in, if a history does not replay."""
    __tracebackhide__ = True
    name = f"{history.workflow_id} (run id {history.run_id})"
    data = History(events=history.events).SerializeToString()
    source = Source(name, data=data, workflow_id=history.workflow_id, from_service=True)
    try:
        verdicts = await asyncio.to_thread(ask, source)  # so that the test's loop goes on
    except Refused as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    except asyncio.CancelledError:
        ask.close()  # else the thread stays until there is a verdict
        raise
    if told := failures(verdicts):
        pytest.fail(told, pytrace=False)
    if any(verdict.outcome is Outcome.NOT_BEGUN for verdict in verdicts):
        pytest.fail(f"{name}: nothing was replayed, because {NOT_BEGUN}", pytrace=False)
    test.user_properties.extend(remarks(verdicts))


async def runs_of(ran: Ran) -> AsyncIterator[WorkflowHistory]:
    """Yield the history of a run, and of those that it continued as, or was retried as.

    The run is the one that a handle names; else the first that it started, and what followed.
    """
    if isinstance(ran, WorkflowHistory):
        yield ran
        return
    if not isinstance(ran, WorkflowHandle):
        raise TypeError(f"replay takes a WorkflowHandle or a WorkflowHistory, not {ran!r}")
    client = ran._client  # the handle has no other way to another run
    run_id = ran.run_id or ran.first_execution_run_id
    while True:
        history = await client.get_workflow_handle(ran.id, run_id=run_id).fetch_history()
        yield history
        run_id = getattr(attributes_of(history.events[-1]), "new_execution_run_id", "")
        if ran.run_id or not run_id:
            return


def keep(history: WorkflowHistory, folder: Path, name: str) -> None:
    """Write a history into a file of its own, named after the test.

    Its Workflow Id is added where Event 1 does not tell it: code may make other ids from it.
    """
    events = History(events=history.events).events
    started = events[0].workflow_execution_started_event_attributes
    started.workflow_id = started.workflow_id or history.workflow_id
    text = WorkflowHistory(history.workflow_id, events).to_json()
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^\w.-]+", "-", name)[:100].strip("-.") or "history"
    for number in count(1):
        path = folder / (f"{stem}.json" if number == 1 else f"{stem}-{number}.json")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            return
        except FileExistsError:
            continue
