"""The chapter 'The Event History': which Events a real dev server writes, in answer to what."""

import asyncio
import contextlib
import itertools
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from backgroundcheck import BackgroundCheck
from connection import runtime
from plumbing.commands import binary
from plumbing.settings import DEFAULTS
from replaygate.events import type_of
from tests.support.executions import ASLEEP, AWAKE, SSN, completed, replay, started, types, worker
from tests.support.programs import Project

TIME_SKIPPED = "WorkflowExecutionTimeSkippingTransitioned"  # written only where time is skipped
WORKER = "the-worker"


def attributes(event: HistoryEvent) -> Any:
    return getattr(event, str(event.WhichOneof("attributes")))


class Recorder(SandboxedWorkflowRunner):
    """Keeps the Commands with which Workflow code answers each of its activations."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[list[str | None]] = []

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance = super().create_instance(det)
        activate: Callable[[Any], Any] = instance.activate

        def recording(activation: Any) -> Any:
            completion = activate(activation)
            commands = completion.successful.commands
            self.commands.append([command.WhichOneof("variant") for command in commands])
            return completion

        instance.activate = recording  # type: ignore[method-assign, assignment]
        return instance


@pytest.fixture(scope="module")
async def skipping_dev_server() -> AsyncIterator[WorkflowEnvironment]:
    """The same dev server, but where Timers fire soon; the SDK calls this experimental."""
    settings = ["frontend.WorkflowTimeSkippingEnabled=true"]
    settings += ["history.transferProcessorMaxPollRPS=2000"]
    async with await WorkflowEnvironment.start_time_skipping_v2(
        namespace=DEFAULTS["namespace"],
        runtime=runtime(),
        dev_server_existing_path=binary("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=[
            word for setting in settings for word in ("--dynamic-config-value", setting)
        ],
    ) as environment:
        yield environment


@pytest.fixture(scope="module", params=["awake", "asleep"])
async def closed(
    request: pytest.FixtureRequest, skipping_dev_server: WorkflowEnvironment
) -> WorkflowHistory:
    """The Event History of an Execution that took that branch."""
    client = skipping_dev_server.client
    async with worker(client, "events", identity=WORKER):
        return await completed(client, "events", sleeps=request.param == "asleep")


def without_skips(history: WorkflowHistory) -> list[str]:
    return [name for name in types(history) if name != TIME_SKIPPED]


async def test_eleven_events_without_the_sleep(client: Client, fresh_id: str) -> None:
    """An Execution that does not sleep leaves eleven Events, in this order.

    Claims: 12, 25
    """
    async with worker(client, fresh_id):
        history = await completed(client, fresh_id, sleeps=False)
    assert types(history) == AWAKE
    await replay(history)


async def test_sixteen_events_with_the_sleep(
    skipping_dev_server: WorkflowEnvironment, fresh_id: str
) -> None:
    """An Execution that sleeps leaves sixteen Events, and the server notes the time it skipped.

    Claims: 12, 36
    """
    client = skipping_dev_server.client
    async with worker(client, fresh_id):
        history = await completed(client, fresh_id, sleeps=True)
    assert without_skips(history) == ASLEEP
    assert types(history).index(TIME_SKIPPED) == ASLEEP.index("TimerFired")
    await replay(history)


@pytest.mark.slow
async def test_sixteen_events_in_real_time(client: Client, fresh_id: str) -> None:
    """An Execution that sleeps a real minute leaves sixteen Events, in this order.

    Claims: 36
    """
    async with worker(client, fresh_id):
        handle = await started(client, fresh_id, sleeps=True)
        assert await handle.result() == "pass"
    history = await handle.fetch_history()
    assert types(history) == ASLEEP
    await replay(history)


async def test_logging_leaves_no_event(
    client: Client, fresh_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Between the first Workflow Task and the Timer the code logs, and the History holds nothing.

    Claims: 36, 42
    """
    caplog.set_level(logging.INFO)
    async with worker(client, fresh_id):
        handle = await started(client, fresh_id, sleeps=True)
        assert "Sleeping for 60 seconds" in caplog.text
        assert SSN not in caplog.text
        history = await handle.fetch_history()
        await handle.terminate()
    assert types(history) == ASLEEP[:5]
    await replay(history)


async def test_no_worker_no_start(client: Client, fresh_id: str) -> None:
    """A Workflow Task waits in the Task Queue until a Worker polls it.

    Claims: 29, 30
    """
    handle = await client.start_workflow(BackgroundCheck.run, SSN, id=fresh_id, task_queue=fresh_id)
    await asyncio.sleep(0.5)
    assert types(await handle.fetch_history()) == AWAKE[:2]
    async with worker(client, fresh_id):
        async for event in handle.fetch_history_events(wait_new_event=True):
            if type_of(event) == "WorkflowTaskCompleted":
                break
    with contextlib.suppress(RPCError):  # without the sleep it has completed by now
        await handle.terminate()


# Which earlier Events an Event points to, and by which of its fields.
POINTERS = {
    "WorkflowTaskStarted": {"scheduled_event_id": "WorkflowTaskScheduled"},
    "WorkflowTaskCompleted": {
        "scheduled_event_id": "WorkflowTaskScheduled",
        "started_event_id": "WorkflowTaskStarted",
    },
    "TimerStarted": {"workflow_task_completed_event_id": "WorkflowTaskCompleted"},
    "TimerFired": {"started_event_id": "TimerStarted"},
    "ActivityTaskScheduled": {"workflow_task_completed_event_id": "WorkflowTaskCompleted"},
    "ActivityTaskStarted": {"scheduled_event_id": "ActivityTaskScheduled"},
    "ActivityTaskCompleted": {
        "scheduled_event_id": "ActivityTaskScheduled",
        "started_event_id": "ActivityTaskStarted",
    },
    "WorkflowExecutionCompleted": {"workflow_task_completed_event_id": "WorkflowTaskCompleted"},
}


async def test_events_point_back(closed: WorkflowHistory) -> None:
    """An Event points to those it follows from: the latest ones of their types before it.

    Claims: 27, 30, 31, 32, 33, 34, 35
    """
    latest: dict[str, int] = {}
    for event in closed.events:
        fields = [
            name for name in attributes(event).DESCRIPTOR.fields_by_name if "event_id" in name
        ]
        pointers = {name: getattr(attributes(event), name) for name in fields}
        expected = POINTERS.get(type_of(event), {}).items()
        assert {name: value for name, value in pointers.items() if value} == {
            name: latest[pointed] for name, pointed in expected
        }
        latest[type_of(event)] = event.event_id


async def test_who_caused_each_event(
    closed: WorkflowHistory, skipping_dev_server: WorkflowEnvironment
) -> None:
    """The Client asks for the first Event, the Worker reports on Tasks, the Service does the rest.

    Claims: 27, 28, 30, 31, 33, 34
    """
    starter = skipping_dev_server.client.identity
    writers = dict.fromkeys(ASLEEP, "") | {"WorkflowExecutionStarted": starter}
    for task, step in itertools.product(("Workflow", "Activity"), ("Started", "Completed")):
        writers[f"{task}Task{step}"] = WORKER
    for event in closed.events:
        if type_of(event) != TIME_SKIPPED:
            assert getattr(attributes(event), "identity", "") == writers[type_of(event)]


async def test_what_the_events_hold(closed: WorkflowHistory) -> None:
    """The Client's request and the Worker's Commands and results stand in their Events.

    Claims: 28, 29, 32, 34, 35, 36
    """
    by_type = {type_of(event): attributes(event) for event in closed.events}
    started = by_type["WorkflowExecutionStarted"]
    assert (started.workflow_type.name, started.task_queue.name) == ("BackgroundCheck", "events")
    assert json.loads(started.input.payloads[0].data) == SSN
    assert by_type["WorkflowTaskScheduled"].task_queue.kind
    scheduled = by_type["ActivityTaskScheduled"]
    assert scheduled.activity_type.name == "ssn_trace_activity"
    assert scheduled.input == started.input
    assert scheduled.schedule_to_close_timeout.seconds == 5
    assert json.loads(by_type["ActivityTaskCompleted"].result.payloads[0].data) == "pass"
    closing = by_type["WorkflowExecutionCompleted"]
    assert closing.result == by_type["ActivityTaskCompleted"].result
    if timer := by_type.get("TimerStarted"):
        assert timer.start_to_fire_timeout.seconds == 60


COMMANDS = {
    "start_timer": "TimerStarted",
    "schedule_activity": "ActivityTaskScheduled",
    "complete_workflow_execution": "WorkflowExecutionCompleted",
}


@pytest.mark.parametrize(
    ("sleeps", "commands"),
    [
        pytest.param(False, list(COMMANDS)[1:], id="awake"),
        pytest.param(True, list(COMMANDS), id="asleep"),
    ],
)
async def test_commands_become_events(
    skipping_dev_server: WorkflowEnvironment, fresh_id: str, sleeps: bool, commands: list[str]
) -> None:
    """Each Workflow Task ends with one Command, which becomes the Event that points to that Task.

    Claims: 27, 32, 35, 36, 42
    """
    recorder = Recorder()
    client = skipping_dev_server.client
    async with worker(client, fresh_id, workflow_runner=recorder):
        history = await completed(client, fresh_id, sleeps=sleeps)
    sent = [command for answer in recorder.commands for command in answer]
    assert sent[-len(commands) :] == commands
    caused = {
        attributes(event).workflow_task_completed_event_id: type_of(event)
        for event in history.events
        if hasattr(attributes(event), "workflow_task_completed_event_id")
    }
    tasks = [e.event_id for e in history.events if type_of(e) == "WorkflowTaskCompleted"]
    assert [caused[task] for task in tasks] == [COMMANDS[command] for command in commands]


async def show(project: Project, client: Client, *arguments: str) -> str:
    """What ``temporal workflow show`` prints."""
    cli = binary("temporal")
    assert cli
    address = client.service_client.config.target_host
    where = ("--namespace", client.namespace, "--address", address)
    shown = await project.run(cli, "workflow", "show", *where, *arguments)
    assert (shown.process.returncode, shown.err) == (0, "")
    return shown.out


def rows(text: str) -> list[tuple[str, str]]:
    """Number and type of each Event in the CLI's table."""
    return re.findall(r"^ +(\d+)  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  (\w+) *$", text, re.MULTILINE)


async def test_the_cli_shows_the_events(project: Project, client: Client, fresh_id: str) -> None:
    """The CLI shows the eleven Events in order, the status COMPLETED and the result pass.

    Claims: 25, 26
    """
    async with worker(client, fresh_id):
        history = await completed(client, fresh_id, sleeps=False)
    shown = await show(project, client, "--workflow-id", history.workflow_id)
    assert rows(shown) == [(str(number), name) for number, name in enumerate(AWAKE, 1)]
    assert re.search(r"^ +Status +COMPLETED$", shown, re.MULTILINE)
    assert re.search(r'^ +Result +"pass"$', shown, re.MULTILINE)


async def test_the_cli_chooses_the_run(project: Project, client: Client, fresh_id: str) -> None:
    """A Workflow Id alone names its most recent Execution; a run id names an earlier one.

    Claims: 3, 4
    """
    runs = []
    for reason in ("earlier", "most recent"):
        handle = await client.start_workflow(
            BackgroundCheck.run, SSN, id=fresh_id, task_queue=fresh_id
        )
        await handle.terminate(reason=reason)
        runs.append(handle.first_execution_run_id or "")
    by_id = await show(project, client, "--workflow-id", fresh_id, "--output", "json")
    by_run = await show(
        project, client, "--workflow-id", fresh_id, "--run-id", runs[0], "--output", "json"
    )
    assert [closing_reason(text) for text in (by_id, by_run)] == ["most recent", "earlier"]


def closing_reason(text: str) -> str:
    reason = json.loads(text)["events"][-1]["workflowExecutionTerminatedEventAttributes"]["reason"]
    return str(reason)


async def test_what_the_cli_saves_replays(project: Project, client: Client, fresh_id: str) -> None:
    """The CLI's JSON is an Event History that can be replayed.

    Claims: 1, 8
    """
    async with worker(client, fresh_id):
        history = await completed(client, fresh_id, sleeps=False)
    saved = await show(project, client, "--workflow-id", history.workflow_id, "--output", "json")
    loaded = WorkflowHistory.from_json(history.workflow_id, saved)
    assert types(loaded) == AWAKE
    await replay(loaded)
