"""Event Histories that are made up: of any length, or of what servers seldom write."""

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

JSON_PLAIN = "anNvbi9wbGFpbg=="  # "json/plain" in base64
CAUSE = {"cause": "WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE"}
Step = tuple[str, dict[str, Any]]  # an Event's type, and what it tells

CODE = """\
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from temporalio import workflow

@workflow.defn
class Sleeper:
    @workflow.run
    async def run(self, naps: int) -> None:
        for number in range(naps):
            await asyncio.sleep(1)
            workflow.logger.info("nap %d", number)

@workflow.defn
class Both:
    @workflow.run
    async def run(self, naps: int) -> None:
        await asyncio.gather(self.one(), self.other())

    async def one(self) -> None:
        await asyncio.sleep(1)

    async def other(self) -> None:
        await asyncio.sleep(2)

@workflow.defn
class Crowd:
    def __init__(self) -> None:
        self.seen: list[str] = []

    @workflow.run
    async def run(self, naps: int) -> None:
        await workflow.wait_condition(lambda: "first" in self.seen)
        {}["nobody"]

    @workflow.signal
    def first(self) -> None:
        self.seen.append("first")

    @workflow.signal
    def other(self) -> None:
        self.seen.append("other")

    @workflow.signal
    def unheard(self) -> None:
        pass

@workflow.defn
class Guarded:
    def __init__(self) -> None:
        self.keys: list[str] = []

    @workflow.run
    async def run(self, naps: int) -> None:
        async with self.door():
            return

    @asynccontextmanager
    async def door(self) -> AsyncIterator[None]:
        async for _ in self.locks():
            yield

    async def locks(self) -> AsyncIterator[int]:
        await workflow.wait_condition(lambda: self.is_unlocked())
        yield 1

    def is_unlocked(self) -> bool:
        return len(self.keys) == 2

WORKFLOWS = [Sleeper, Both, Crowd, Guarded]
"""


def long_history(naps: int) -> str:
    """Return a history of Sleeper as JSON, of 5 Events for each nap and 5 more."""
    steps = [*beginning("Sleeper", naps)]
    for nap in range(naps):
        first = 5 + 5 * nap
        steps += [timer(nap + 1, 1, first - 1), fired(nap + 1, first), *task(first + 2)]
    return as_json([*steps, completed(4 + 5 * naps)])


def both_at_once() -> str:
    """Return a history of Both as JSON, in which two Timers fire before one Workflow Task."""
    timers = [timer(1, 1, 4), timer(2, 2, 4), fired(2, 6), fired(1, 5)]
    return as_json([*beginning("Both", 0), *timers, *task(9), completed(11)])


def open_history(workflow: str) -> str:
    """Return a history as JSON that ends with the first Workflow Task."""
    return as_json(beginning(workflow, 0))


def signals_at_once(*names: str) -> str:
    """Return a history of Crowd as JSON: Signals come before a Workflow Task, which fails."""
    signals = [("WORKFLOW_EXECUTION_SIGNALED", {"signalName": name}) for name in names]
    scheduled, started, _ = task(5 + len(signals))
    failed = "WORKFLOW_TASK_FAILED", {**started[1], "startedEventId": 6 + len(signals), **CAUSE}
    return as_json([*beginning("Crowd", 0), *signals, scheduled, started, failed])


def told_while_it_slept() -> str:
    """Return a history of Sleeper as JSON, to which a Signal came before its Timer fired."""
    signal = "WORKFLOW_EXECUTION_SIGNALED", {"signalName": "tell"}
    nap = [timer(1, 1, 4), signal, *task(7), fired(1, 5), *task(11)]
    return as_json([*beginning("Sleeper", 1), *nap, completed(13)])


def as_json(steps: Iterable[Step]) -> str:
    """Return the Events as the CLI writes them."""
    events = []
    for number, (kind, told) in enumerate(steps, 1):
        name = "".join(word.capitalize() for word in kind.split("_"))
        events.append(
            {
                "eventId": str(number),
                "eventTime": "2026-11-25T10:00:00Z",
                "eventType": f"EVENT_TYPE_{kind}",
                f"{name[0].lower()}{name[1:]}EventAttributes": told,
            }
        )
    return json.dumps({"events": events})


def beginning(workflow: str, naps: int) -> Iterator[Step]:
    """Yield the first four Events."""
    run = "00000000-0000-0000-0000-000000000001"
    data = base64.b64encode(str(naps).encode()).decode()
    yield (
        "WORKFLOW_EXECUTION_STARTED",
        {
            "workflowType": {"name": workflow},
            "workflowId": "made-up",
            "originalExecutionRunId": run,
            "firstExecutionRunId": run,
            "taskQueue": {"name": "made-up"},
            "input": {"payloads": [{"metadata": {"encoding": JSON_PLAIN}, "data": data}]},
        },
    )
    yield from task(2)


def timer(number: int, seconds: int, task: int) -> Step:
    """Return the start of a Timer, which that Workflow Task led to."""
    told = {"startToFireTimeout": f"{seconds}s", "workflowTaskCompletedEventId": task}
    return "TIMER_STARTED", {"timerId": str(number), **told}


def fired(number: int, started: int) -> Step:
    """Return the end of the Timer that that Event started."""
    return "TIMER_FIRED", {"timerId": str(number), "startedEventId": started}


def completed(task: int) -> Step:
    """Return the end, which that Workflow Task led to."""
    return "WORKFLOW_EXECUTION_COMPLETED", {"workflowTaskCompletedEventId": task}


def task(first: int) -> Iterator[Step]:
    """Yield the three Events of a Workflow Task."""
    yield "WORKFLOW_TASK_SCHEDULED", {}
    yield "WORKFLOW_TASK_STARTED", {"scheduledEventId": first}
    yield "WORKFLOW_TASK_COMPLETED", {"scheduledEventId": first, "startedEventId": first + 1}
