"""Event Histories of any length, made up: a Workflow that sleeps again and again."""

import base64
import json
from collections.abc import Iterator
from typing import Any

TYPE = "Sleeper"
CODE = """\
import asyncio
from temporalio import workflow

@workflow.defn
class Sleeper:
    @workflow.run
    async def run(self, naps: int) -> None:
        for number in range(naps):
            await asyncio.sleep(1)
            workflow.logger.info("nap %d", number)

WORKFLOWS = [Sleeper]
"""


def long_history(naps: int) -> str:
    """Return a history as JSON, of 5 Events for each nap and 5 more."""
    events: list[dict[str, Any]] = []
    for kind, told in steps(naps):
        name = "".join(word.capitalize() for word in kind.split("_"))
        field = f"{name[0].lower()}{name[1:]}EventAttributes"
        events.append(
            {
                "eventId": str(len(events) + 1),
                "eventTime": "2026-11-25T10:00:00Z",
                "eventType": f"EVENT_TYPE_{kind}",
                field: told,
            }
        )
    return json.dumps({"events": events})


def steps(naps: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the types of the Events, and what they tell."""
    run = "00000000-0000-0000-0000-000000000001"
    arguments = {"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": base64_of(naps)}
    yield (
        "WORKFLOW_EXECUTION_STARTED",
        {
            "workflowType": {"name": TYPE},
            "workflowId": "long",
            "originalExecutionRunId": run,
            "firstExecutionRunId": run,
            "taskQueue": {"name": "long"},
            "input": {"payloads": [arguments]},
        },
    )
    yield from task(2)
    for nap in range(naps):
        first = 5 + 5 * nap
        timer = {"timerId": str(nap + 1)}
        yield (
            "TIMER_STARTED",
            {**timer, "startToFireTimeout": "1s", "workflowTaskCompletedEventId": first - 1},
        )
        yield "TIMER_FIRED", {**timer, "startedEventId": first}
        yield from task(first + 2)
    yield "WORKFLOW_EXECUTION_COMPLETED", {"workflowTaskCompletedEventId": 4 + 5 * naps}


def task(first: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the three Events of a Workflow Task."""
    yield "WORKFLOW_TASK_SCHEDULED", {}
    yield "WORKFLOW_TASK_STARTED", {"scheduledEventId": first}
    yield "WORKFLOW_TASK_COMPLETED", {"scheduledEventId": first, "startedEventId": first + 1}


def base64_of(number: int) -> str:
    """Return a number as a payload holds it in JSON."""
    return base64.b64encode(str(number).encode()).decode()
