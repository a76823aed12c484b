"""The Workflow Definition on the time-skipping server; every run made here must replay, too."""

import logging
import time
from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError, RetryState
from temporalio.testing import WorkflowEnvironment

from backgroundcheck import BackgroundCheck
from tests.support.executions import SSN, completed, replay, types, worker

BRANCHES = [pytest.param(False, id="awake"), pytest.param(True, id="asleep")]


@pytest.mark.parametrize("sleeps", BRANCHES)
async def test_both_branches_pass(
    time_skipping: WorkflowEnvironment, fresh_id: str, sleeps: bool
) -> None:
    """Either branch ends with the result pass."""
    async with worker(time_skipping.client, fresh_id):
        history = await completed(time_skipping.client, fresh_id, sleeps=sleeps)
    result = history.events[-1].workflow_execution_completed_event_attributes.result
    assert [payload.data for payload in result.payloads] == [b'"pass"']
    await replay(history)


async def test_the_minute_is_skipped(time_skipping: WorkflowEnvironment, fresh_id: str) -> None:
    """The sleep takes a minute of the environment's time and hardly any of ours.

    Claims: 10, 21
    """
    client = time_skipping.client
    began, since = await time_skipping.get_current_time(), time.monotonic()
    async with worker(client, fresh_id):
        history = await completed(client, fresh_id, sleeps=True)
    assert time.monotonic() - since < 30
    assert await time_skipping.get_current_time() - began >= timedelta(seconds=60)
    await replay(history)


async def test_the_log_does_not_repeat(
    time_skipping: WorkflowEnvironment, fresh_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A line of workflow.logger appears once, though each Workflow Task replays the code.

    Claims: 38
    """
    caplog.set_level(logging.INFO)
    client = time_skipping.client
    async with worker(client, fresh_id, max_cached_workflows=0):
        history = await completed(client, fresh_id, sleeps=True)
    assert types(history).count("WorkflowTaskCompleted") == 3
    assert caplog.text.count("Sleeping for 60 seconds") == 1
    assert SSN not in caplog.text
    await replay(history)


@pytest.mark.parametrize("sleeps", BRANCHES)
async def test_a_failed_activity_is_retried(
    time_skipping: WorkflowEnvironment, fresh_id: str, sleeps: bool
) -> None:
    """An Activity that fails once is tried again, and the Execution passes."""

    @activity.defn(name="ssn_trace_activity")
    async def fails_once(ssn: str) -> str:
        if activity.info().attempt == 1:
            raise ApplicationError("the outside service is away")
        return "pass"

    client = time_skipping.client
    async with worker(client, fresh_id, activities=[fails_once]):
        history = await completed(client, fresh_id, sleeps=sleeps)
    started = history.events[types(history).index("ActivityTaskStarted")]
    assert started.activity_task_started_event_attributes.attempt == 2
    await replay(history)


async def test_five_seconds_of_failure_fail_the_execution(
    time_skipping: WorkflowEnvironment, fresh_id: str
) -> None:
    """When the next attempt would come after five seconds, the Execution fails with the cause."""

    @activity.defn(name="ssn_trace_activity")
    async def fails(ssn: str) -> str:
        raise ApplicationError(f"attempt {activity.info().attempt} failed")

    client = time_skipping.client
    async with worker(client, fresh_id, activities=[fails]):
        handle = await client.start_workflow(
            BackgroundCheck.run, SSN, id=fresh_id, task_queue=fresh_id
        )
        with pytest.raises(WorkflowFailureError, match="Workflow execution failed") as failure:
            await handle.result()
    assert isinstance(failure.value.cause, ActivityError)
    assert failure.value.cause.retry_state == RetryState.TIMEOUT
    assert isinstance(failure.value.cause.cause, ApplicationError)
    assert failure.value.cause.cause.message == "attempt 3 failed"
    history = await handle.fetch_history()
    scheduled = history.events[types(history).index("ActivityTaskScheduled")]
    tried = history.events[-1].event_time.ToDatetime() - scheduled.event_time.ToDatetime()
    assert tried < timedelta(seconds=6)
    await replay(history)
