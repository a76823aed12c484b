"""The Worker as a person runs it: ``worker.py`` in a process of its own, and its signals."""

import asyncio
import signal
import sys
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from backgroundcheck import BackgroundCheck
from connection import TASK_QUEUE
from tests.support.executions import SOON, SSN, reached, types, worker
from tests.support.programs import SERVES, Project
from tests.support.standins import Awake, Stranger

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as in POSIX")

ACTIVITY = """
import asyncio
from temporalio import activity

@activity.defn
async def ssn_trace_activity(ssn: str) -> str:
    print("Activity began", flush=True)
    await asyncio.sleep({seconds})
    print("Activity ended", flush=True)
    return "pass"
"""


def give(project: Project, seconds: float) -> None:
    """Let the project's Activity take its time, and its Workflow not sleep before it."""
    (project.directory / "ssntraceactivity.py").write_text(ACTIVITY.format(seconds=seconds))
    project.change("backgroundcheck.py", "random_number < 50", "random_number < 0")


async def start_check(client: Client, workflow_id: str = "check") -> WorkflowHandle[Any, str]:
    return await client.start_workflow(
        BackgroundCheck.run, SSN, id=workflow_id, task_queue=TASK_QUEUE
    )


async def test_it_says_what_it_serves(project: Project, own_client: Client) -> None:
    """The Worker names address, Namespace and Task Queue on one line."""
    serving = await project.start("worker.py")
    address = own_client.service_client.config.target_host
    says = await serving.says(SERVES)
    assert says.groups() == (address, own_client.namespace, TASK_QUEUE)
    assert (serving.out + serving.err).count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_it_finishes_what_runs(
    project: Project, own_client: Client, number: signal.Signals
) -> None:
    """After the first signal a running Activity completes, and the Worker exits 0."""
    give(project, seconds=1)
    serving = await project.start("worker.py")
    handle = await start_check(own_client)
    await serving.says("Activity began")
    serving.send(number)
    assert await serving.ends() == 0
    assert "Activity ended" in serving.out
    assert "ActivityTaskCompleted" in types(await handle.fetch_history())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_a_second_signal_ends_it(
    project: Project, own_client: Client, number: signal.Signals
) -> None:
    """The same signal again ends the Worker at once, whatever runs; another does not."""
    give(project, seconds=30)
    serving = await project.start("worker.py")
    await start_check(own_client)
    await serving.says("Activity began")
    serving.send(number)
    await serving.says("Finishing what runs")
    serving.send(signal.SIGHUP)
    await asyncio.sleep(0.2)
    assert serving.process.returncode is None
    serving.send(number)
    assert await serving.ends(9) == 128 + number  # it would finish what runs for 10 s


async def test_the_grace_period_is_bounded(project: Project, own_client: Client) -> None:
    """An Activity that outlasts the grace period does not keep the Worker from exiting 0."""
    give(project, seconds=30)
    project.change("worker.py", "timedelta(seconds=10)", "timedelta(seconds=1)")
    serving = await project.start("worker.py")
    await start_check(own_client)
    await serving.says("Activity began")
    serving.send(signal.SIGTERM)
    assert await serving.ends(8) == 0


async def test_another_task_queue(client: Client, fresh_id: str) -> None:
    """A Workflow Execution on a Task Queue that no Worker serves does not begin.

    Claims: 41
    """
    async with worker(client, f"{fresh_id}-served"):
        handle = await client.start_workflow(
            BackgroundCheck.run, SSN, id=fresh_id, task_queue=fresh_id
        )
        await asyncio.sleep(1)
        assert types(await handle.fetch_history()) == [
            "WorkflowExecutionStarted",
            "WorkflowTaskScheduled",
        ]
        await handle.terminate()


async def test_a_worker_without_the_type(client: Client, fresh_id: str) -> None:
    """A Worker that lacks the Workflow Type fails the Workflow Task; one that has it carries on.

    Claims: 41
    """
    async with worker(client, fresh_id, workflows=[Stranger]):
        handle, _ = await reached(
            "WorkflowTaskFailed",
            client,
            "BackgroundCheck",
            SSN,
            task_queue=fresh_id,
            task_timeout=SOON,
        )
    async with worker(client, fresh_id, workflows=[Awake]):
        assert await handle.result() == "pass"


async def test_input_of_another_type(client: Client, fresh_id: str) -> None:
    """Input that is no string fails the Workflow Task again and again, never the Execution."""
    async with worker(client, fresh_id):
        handle, _ = await reached(
            "WorkflowTaskFailed",
            client,
            "BackgroundCheck",
            555,
            task_queue=fresh_id,
            task_timeout=SOON,
        )
        pending = None
        while not pending or pending.attempt < 3:
            await asyncio.sleep(0.05)
            description = await handle.describe()
            pending = description.raw_description.pending_workflow_task
    assert description.status
    assert description.status.name == "RUNNING"
    await handle.terminate()
