"""What `make soak` does for minutes, in search of rare failures; the tests run a short form of it.

Background Checks run while their Worker and their Temporal Service are killed with SIGKILL and
started again. With --exits N, each program runs N times instead and must leave as documented.
"""

import argparse
import asyncio
import itertools
import json
import logging
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError

from backgroundcheck import BackgroundCheck
from connection import TASK_QUEUE, runtime
from plumbing.settings import DEFAULTS
from program import run
from replaygate.events import type_of
from tests.support.executions import SSN, types, worker
from tests.support.programs import GATE, ROOT, SERVES, Program, Project, free_port
from tests.support.servers import serve, start_dev_server
from tests.support.standins import Awake

AT_ONCE = 20  # requests under way together
SERVER_EVERY = 3  # kills, one of which is the Temporal Service's
PATIENCE = 90.0  # seconds for the last Execution to close, a minute of Timer included
RECORDING = "histories/timer.python-1.35.0.json"
ALL = 'WorkflowType = "BackgroundCheck"'

Way = Callable[[Project, int], Coroutine[Any, Any, Program]]


@dataclass
class Figures:
    """What a soak has counted."""

    executions: int
    worker_kills: int = 0
    server_kills: int = 0
    lost: int = 0
    doubled: int = 0
    not_passed: int = 0
    unbalanced: int = 0  # Timers that have not fired once, or activities not completed once
    longest_stall: float = 0.0  # seconds
    stalled_at: str = ""
    replayed: int = 0

    def good(self) -> bool:
        """Tell whether every Execution passed, once, and replays."""
        wrong = self.lost + self.doubled + self.not_passed + self.unbalanced
        return not wrong and self.replayed == self.executions

    def __str__(self) -> str:
        rows = (f"{name.replace('_', ' '):<14} {value}" for name, value in asdict(self).items())
        return "\n".join(rows)


class Victims:
    """A dev server on a SQLite file and ``worker.py``, to be killed and started again."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.port = free_port()
        project.serve_at(f"127.0.0.1:{self.port}")

    async def start(self) -> None:
        await self._start_server()
        await self._start_worker()

    async def _start_server(self) -> None:
        self.server = await serve(self.project, self.project.directory / "soak.db", self.port)

    async def _start_worker(self) -> None:
        self.worker = await self.project.start("worker.py")
        await self.worker.says(SERVES)

    async def kill_for(self, seconds: float, every: float, figures: Figures) -> None:
        """Kill now the one, now the other, at odd moments, and start it again at once.

        Both are killed, however little time there is.
        """
        end = time.monotonic() + seconds
        for number in itertools.count(1):
            await asyncio.sleep(every * random.uniform(0.5, 1.5))
            if time.monotonic() > end and number > SERVER_EVERY:
                return
            if number % SERVER_EVERY:
                await kill(self.worker)
                figures.worker_kills += 1
                await self._start_worker()
            else:
                await kill(self.server)
                figures.server_kills += 1
                await self._start_server()


def let_it_retry(project: Project) -> None:
    """Bound each try of the activity, not all of them together.

    With five seconds from schedule to close, an activity that dies with its Worker is not tried
    again: the timeout that tells the Temporal Service of its death is the activity's last.
    """
    project.change("backgroundcheck.py", "schedule_to_close_timeout", "start_to_close_timeout")


async def kill(program: Program) -> None:
    program.send(signal.SIGKILL)
    assert await program.ends() == -signal.SIGKILL, program


async def soak(
    project: Project, executions: int, seconds: float, every: float, **options: Any
) -> Figures:
    """Start the Executions, kill for so many seconds, and count what has become of them.

    ``options`` go to ``Client.start_workflow`` as they are.
    """
    figures = Figures(executions)
    victims = Victims(project)
    await victims.start()
    client = await Client.connect(
        project.environment["TEMPORAL_ADDRESS"], namespace=DEFAULTS["namespace"], runtime=runtime()
    )
    few = asyncio.Semaphore(AT_ONCE)

    async def begin(number: int) -> WorkflowHandle[Any, str]:
        async with few:
            return await client.start_workflow(
                BackgroundCheck.run, SSN, id=f"soak-{number}", task_queue=TASK_QUEUE, **options
            )

    starts = asyncio.gather(*(begin(number) for number in range(executions)))
    await victims.kill_for(seconds, every, figures)
    handles = await starts
    results = [asyncio.create_task(result(handle)) for handle in handles]
    await asyncio.wait(results, timeout=PATIENCE)
    for handle, task in zip(handles, results, strict=True):
        outcome = task.result() if task.done() else "still runs"
        if outcome != "pass":
            figures.not_passed += 1
            logging.warning("%s: %s", handle.id, outcome)

    async def history(handle: WorkflowHandle[Any, str]) -> WorkflowHistory:
        async with few:
            return await handle.fetch_history()

    runs = await listed(client, executions)
    figures.lost = sum(handle.id not in runs for handle in handles)
    figures.doubled = sum(count > 1 for count in runs.values())
    there = (handle for handle in handles if handle.id in runs)
    histories = await asyncio.gather(*(history(handle) for handle in there))
    figures.unbalanced = sum(not balanced(history) for history in histories)
    figures.longest_stall, figures.stalled_at = max(map(stall, histories), default=(0.0, ""))
    gate = await project.run(*GATE, "--query", ALL, "--json")
    figures.replayed = json.loads(gate.out)["replays"] if gate.process.returncode == 0 else 0
    return figures


async def result(handle: WorkflowHandle[Any, str]) -> str:
    try:
        return await handle.result()
    except (WorkflowFailureError, RPCError) as error:
        return repr(error.__cause__ or error)


async def listed(client: Client, enough: int) -> Counter[str]:
    """Count the runs of each Workflow Id; what can be listed lags behind what has happened."""
    for _ in range(50):
        if (
            await client.count_workflows(f"{ALL} AND ExecutionStatus != 'Running'")
        ).count >= enough:
            break
        await asyncio.sleep(0.1)
    return Counter([found.id async for found in client.list_workflows(ALL)])


def balanced(history: WorkflowHistory) -> bool:
    """Tell whether each Timer has fired once and one activity has completed."""
    counts = Counter(types(history))
    return counts["TimerFired"] == counts["TimerStarted"] and counts["ActivityTaskCompleted"] == 1


def stall(history: WorkflowHistory) -> tuple[float, str]:
    """Return the longest time in seconds that an Event was awaited, and which Event that was.

    An Event is awaited from the one before it on, but ``TimerFired`` from when the Timer is due.
    """
    waits = []
    for before, event in itertools.pairwise(history.events):
        since = before.event_time.ToDatetime(UTC)
        if type_of(event) == "TimerFired":
            timer = history.events[event.timer_fired_event_attributes.started_event_id - 1]
            length = timer.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            since = timer.event_time.ToDatetime(UTC) + length
        wait = event.event_time.ToDatetime(UTC) - since
        where = f"{history.workflow_id}, before Event {event.event_id}, {type_of(event)}"
        waits.append((round(wait.total_seconds(), 1), where))
    return max(waits)


async def starter(project: Project, number: int) -> Program:
    detach = ["--detach"] * (number % 2)
    return await project.run("main.py", "--workflow-id", f"check-{number}", *detach)


async def gate(project: Project, number: int) -> Program:
    ways = ["--query", "WorkflowId = 'recorded'"], [str(ROOT / RECORDING)]
    return await project.run(*GATE, *ways[number % 2])


async def serving(project: Project, number: int) -> Program:
    program = await project.start("worker.py")
    await program.says(SERVES)
    program.send(signal.SIGTERM)
    await program.ends()
    return program


async def exits(project: Project, runs: int) -> Counter[str]:
    """Run each program so many times, two at a time, and count by status how they have left."""
    statuses: Counter[str] = Counter()
    async with await start_dev_server() as environment:
        project.serve_at(environment.client.service_client.config.target_host)
        async with worker(environment.client, TASK_QUEUE, workflows=[Awake]):
            await project.run("main.py", "--workflow-id", "recorded")
            await leave(project, starter, runs, statuses)
        await leave(project, gate, runs, statuses)
        await leave(project, serving, runs, statuses)
    return statuses


async def leave(project: Project, way: Way, runs: int, statuses: Counter[str]) -> None:
    numbers = iter(range(runs))

    async def one_after_another() -> None:
        for number in numbers:
            program = await way(project, number)
            statuses[f"{program.name} {program.process.returncode}"] += 1

    await asyncio.gather(one_after_another(), one_after_another())


async def main(executions: int, seconds: float, every: float, exits_of: int) -> int:
    """Return 0 if all went well, else 1."""
    with tempfile.TemporaryDirectory() as directory:
        project = Project(Path(directory))
        try:
            if exits_of:
                statuses = await exits(project, exits_of)
                print(*(f"{program:<14} {count}" for program, count in statuses.items()), sep="\n")
                return 0 if all(program.endswith(" 0") for program in statuses) else 1
            let_it_retry(project)
            figures = await soak(project, executions, seconds, every)
            print(figures)
            return 0 if figures.good() else 1
        finally:
            await project.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--executions", type=int, default=200, metavar="N", help="default: %(default)s")
    add("--seconds", type=float, default=80.0, metavar="S", help="of kills; default: %(default)s")
    add("--every", type=float, default=3.0, metavar="S", help="a kill; default: %(default)s s")
    add("--exits", type=int, default=0, metavar="N", dest="exits_of", help="runs of each program")
    run(main(**vars(parser.parse_args())))
