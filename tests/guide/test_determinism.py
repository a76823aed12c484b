"""The chapter 'Intrinsic non-deterministic logic': what the sandbox and what replay refuses."""

import asyncio
import json
import logging
import os
import random
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from backgroundcheck import BackgroundCheck
from ssntraceactivity import ssn_trace_activity
from tests.support import before_sleep, nondeterministic
from tests.support.executions import SSN, reached, types, worker
from tests.support.mutants import criminal_record_activity
from tests.support.nondeterministic import (
    DRAWN,
    Asks,
    Calls,
    Draws,
    DrawsForbidden,
    DrawsMended,
    Logs,
    Overview,
    ReadsFile,
    ReadsSetting,
    TellsRun,
    Tosses,
)
from tests.support.outcomes import outcomes
from tests.support.programs import ROOT

Notes = Callable[[], list[str]]
ACTIVITIES = [ssn_trace_activity, criminal_record_activity]
RESTRICTED = {
    "random.randint",
    "secrets.token_hex",
    "uuid.uuid4",
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.sleep",
    "os.environ",
    "os.getenv",
    "os.getpid",
    "open",
    "Path.read_text",
    "subprocess.run",
    "socket.socket",
    "urllib.request.urlopen",
    "threading.Thread",
    "ThreadPoolExecutor",
}
NOT_IMPLEMENTED = {
    "asyncio.to_thread",
    "asyncio.open_connection",
    "asyncio.create_subprocess_exec",
}
LET_THROUGH = {
    "random.Random",
    "random.SystemRandom",
    "time.gmtime",
    "time.strftime",
    "io.open",
    "sys.argv",
    "_thread.start_new_thread",
    "hash",
    "id",
}


async def executed(
    client: Client, definition: Any, name: str, *arguments: Any, **options: Any
) -> WorkflowHistory:
    """Run one Execution of the Workflow Definition to its end and return its history."""
    options = {"workflows": [definition], "activities": ACTIVITIES, **options}
    async with worker(client, name, **options):
        await client.execute_workflow(definition.run, *arguments, id=name, task_queue=name)
    return await client.get_workflow_handle(name).fetch_history()


@pytest.fixture
def notes(caplog: pytest.LogCaptureFixture) -> Notes:
    """What Workflow code tells by Python's own logging; the sandbox lets that pass."""
    caplog.set_level(logging.INFO)
    return lambda: [r.getMessage() for r in caplog.records if r.name == nondeterministic.__name__]


async def test_each_call_meets_its_guard(client: Client, fresh_id: str) -> None:
    """The sandbox restricts most such calls, the event loop lacks some, and some slip through.

    Claims: 14, 17, 22
    """
    history = await executed(client, Calls, fresh_id)
    answers = await client.get_workflow_handle(fresh_id).result()
    expected = dict.fromkeys(RESTRICTED, "RestrictedWorkflowAccessError")
    expected |= dict.fromkeys(NOT_IMPLEMENTED, "NotImplementedError")
    expected |= dict.fromkeys(LET_THROUGH, "nothing")
    assert answers == expected
    assert await outcomes(Calls, [history]) == {fresh_id: None}


async def test_a_restricted_call_holds_the_execution_until_it_is_mended(
    client: Client, fresh_id: str
) -> None:
    """A restricted call fails the Workflow Task; the Execution stays open and goes on once mended.

    `random.randint()` raises: no number persists, whatever the guide says.
    Claims: 15, 16
    """
    async with worker(client, fresh_id, workflows=[DrawsForbidden]):
        handle, event = await reached(
            "WorkflowTaskFailed",
            client,
            "Draw",
            task_queue=fresh_id,
            task_timeout=timedelta(seconds=1),
        )
    failure = event.workflow_task_failed_event_attributes.failure
    assert failure.message.startswith(
        "Cannot access random.randint.__call__ from inside a workflow"
    )
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    async with worker(client, fresh_id, workflows=[DrawsMended]):
        assert 1 <= await handle.result() <= 100
    history = await handle.fetch_history()
    assert types(history).count("WorkflowTaskFailed") >= 1
    assert await outcomes(DrawsMended, [history]) == {handle.id: None}


async def test_replay_catches_a_random_choice_of_activity(
    time_skipping: WorkflowEnvironment, fresh_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the sandbox off, a random number may decide which Activity runs, and replay objects.

    Claims: 13
    """
    unsandboxed = UnsandboxedWorkflowRunner()
    monkeypatch.setattr(random, "randint", lambda low, high: low)
    history = await executed(time_skipping.client, Tosses, fresh_id, workflow_runner=unsandboxed)
    assert await outcomes(Tosses, [history], workflow_runner=unsandboxed) == {fresh_id: None}
    monkeypatch.setattr(random, "randint", lambda low, high: high)
    failure = (await outcomes(Tosses, [history], workflow_runner=unsandboxed))[fresh_id]
    assert type(failure) is NondeterminismError
    assert "Activity type of scheduled event" in str(failure)


async def test_replay_catches_what_slips_through_the_sandbox(
    time_skipping: WorkflowEnvironment, fresh_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting read while the module is imported passes the sandbox, and replay catches it.

    Claims: 17
    """
    history = await executed(time_skipping.client, ReadsSetting, fresh_id)
    assert await outcomes(ReadsSetting, [history]) == {fresh_id: None}
    monkeypatch.setenv("TRACES_TWICE", "1")
    assert type((await outcomes(ReadsSetting, [history]))[fresh_id]) is NondeterminismError


async def test_replay_catches_a_file_that_has_changed(
    time_skipping: WorkflowEnvironment, fresh_id: str, tmp_path: Path
) -> None:
    """A file may be read past the sandbox; when it has changed since, replay objects.

    Claims: 17, 22
    """
    file = tmp_path / "times"
    file.write_text("1")
    history = await executed(time_skipping.client, ReadsFile, fresh_id, str(file))
    assert await outcomes(ReadsFile, [history]) == {fresh_id: None}
    file.write_text("2")
    assert type((await outcomes(ReadsFile, [history]))[fresh_id]) is NondeterminismError


async def test_the_sdks_calls_answer_the_same_on_replay(
    time_skipping: WorkflowEnvironment, fresh_id: str, notes: Notes
) -> None:
    """workflow.random, uuid4, now, time and time_ns answer on replay as they did in the Execution.

    Claims: 18, 19, 20, 37
    """
    history = await executed(time_skipping.client, Asks, fresh_id)
    first, second = notes()
    assert not set(first.split("; ")) & set(second.split("; "))
    assert await outcomes(Asks, [history]) == {fresh_id: None}
    assert notes()[2:] == [first, second]


async def test_sleep_is_a_timer_of_the_workflows_own_event_loop(
    time_skipping: WorkflowEnvironment, fresh_id: str, notes: Notes
) -> None:
    """asyncio.sleep becomes a Timer, and a minute of it passes on replay without any waiting.

    Claims: 21
    """
    history = await executed(time_skipping.client, Asks, fresh_id)
    assert types(history).count("TimerFired") == 2
    async with asyncio.timeout(10):
        assert await outcomes(Asks, [history]) == {fresh_id: None}
    before, after = (int(note.split()[-1]) for note in notes()[2:])
    assert 60 <= (after - before) / 1e9 < 120


async def test_logging_leaves_no_event_and_does_not_repeat(
    time_skipping: WorkflowEnvironment,
    fresh_id: str,
    notes: Notes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Logging leaves no Event; on replay a line by Python's logger repeats, one by the SDK's not.

    Claims: 38, 42
    """
    history = await executed(time_skipping.client, Logs, fresh_id, max_cached_workflows=0)
    assert types(history)[3:6] == [
        "WorkflowTaskCompleted",
        "ActivityTaskScheduled",
        "ActivityTaskStarted",
    ]
    assert await outcomes(Logs, [history]) == {fresh_id: None}
    assert notes() == ["By Python"] * 3  # one Workflow Task, its replay, the Replayer
    assert caplog.text.count("By the SDK") == 1


async def test_dictionaries_keep_their_order_and_sets_do_not(
    time_skipping: WorkflowEnvironment, fresh_id: str
) -> None:
    """In another process a history made in a dictionary's order replays; in a set's, it need not.

    Claims: 23
    """
    client, histories = time_skipping.client, {}
    async with worker(client, fresh_id, workflows=[Overview]):
        for name in ("dict", "set"):
            workflow_id = f"{fresh_id}-{name}"
            await client.execute_workflow(Overview.run, name, id=workflow_id, task_queue=fresh_id)
            histories[name] = await client.get_workflow_handle(workflow_id).fetch_history()
    # The set's order differs between these two seeds, so it can't be ours in both.
    failed = await asyncio.gather(*(fails_elsewhere(histories, seed) for seed in ("1", "2")))
    assert ["set"] in failed
    assert all("dict" not in names for names in failed)


async def fails_elsewhere(histories: dict[str, WorkflowHistory], hash_seed: str) -> list[str]:
    """Name the histories that don't replay in a process with that seed of ``hash``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.elsewhere",
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    texts = json.dumps({name: history.to_json() for name, history in histories.items()})
    out, _ = await process.communicate(texts.encode())
    return list(json.loads(out))


async def test_the_run_id_seeds_the_draws(
    time_skipping: WorkflowEnvironment, fresh_id: str
) -> None:
    """The same history with another run id in its first Event draws other numbers.

    Claims: 24
    """
    history = await executed(time_skipping.client, before_sleep.BackgroundCheck, fresh_id, SSN)
    scrubbed = [with_run_id(history, uuid.UUID(int=number)) for number in range(60)]
    DRAWN.clear()
    await outcomes(Draws, [*scrubbed], workflow_runner=UnsandboxedWorkflowRunner())
    assert len(set(DRAWN.values())) > 50
    failures = await outcomes(BackgroundCheck, scrubbed)
    sleepers = {name for name, (first, _) in DRAWN.items() if first < 50}
    assert {name for name, failure in failures.items() if failure} == sleepers
    assert 0 < len(sleepers) < len(scrubbed)


def with_run_id(history: WorkflowHistory, run_id: uuid.UUID) -> WorkflowHistory:
    """Copy a history as one who scrubs it might: under another original run id."""
    copy = WorkflowHistory.from_json(str(run_id), history.to_json())
    started = copy.events[0].workflow_execution_started_event_attributes
    started.original_execution_run_id = str(run_id)
    return copy


async def test_a_reset_draws_anew_under_another_run_id(
    client: Client, fresh_id: str, notes: Notes
) -> None:
    """After a reset, draws from the reset point on differ, and so does the run id: don't store it.

    Replay repeats the draws, but tells Workflow code the run id from before the reset.
    Claims: 24
    """
    history = await executed(client, TellsRun, fresh_id)
    first_id, early, late = notes()
    assert first_id == history.run_id
    last_task = len(history.events) - 1
    reset = await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=fresh_id, run_id=first_id),
            workflow_task_finish_event_id=last_task,
            request_id=str(uuid.uuid4()),
        )
    )
    handle = client.get_workflow_handle(fresh_id, run_id=reset.run_id)
    async with worker(client, fresh_id, workflows=[TellsRun]):
        await handle.result()
    second_id, early_again, late_again = notes()[3:]
    assert (second_id, early_again) == (reset.run_id, early)
    assert late_again != late
    assert await outcomes(TellsRun, [await handle.fetch_history()]) == {fresh_id: None}
    assert notes()[6:] == [first_id, early, late_again]
