"""How the programs leave: Core's threads must not abort an interpreter that shuts down."""

import asyncio
import itertools

from temporalio.client import Client

from connection import TASK_QUEUE
from tests.support.executions import worker
from tests.support.programs import Project
from tests.support.standins import Awake

RUNS = 6  # python -m tests.application.soak --exits 200 takes minutes


async def test_short_runs_exit_0(server: Client, project: Project) -> None:
    """Every one of many short runs exits 0, detached or not."""
    numbers = itertools.count()

    async def runs() -> list[int | None]:
        statuses = []
        while (number := next(numbers)) < RUNS:
            detach = ["--detach"] * (number % 2)
            run = await project.run("main.py", "--workflow-id", f"check-{number}", *detach)
            statuses.append(run.process.returncode)
        return statuses

    async with worker(server, TASK_QUEUE, workflows=[Awake]):
        statuses = await asyncio.gather(runs(), runs())
    assert [*statuses[0], *statuses[1]] == [0] * RUNS
