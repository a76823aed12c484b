"""What `make soak SOAK=gate.shadow` does for minutes; the tests run a short form of it.

A shadow replays thousands of Executions. Its Workers, the Temporal Service and the pipeline's
command are killed with SIGKILL and started again; Executions close, start and are deleted
meanwhile. The report must count each Execution that the Service listed, once.
"""

import argparse
import asyncio
import contextlib
import logging
import random
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from connection import runtime
from program import run
from tests.gate.shadow.targets.orders import WORKFLOWS, Order
from tests.support.programs import Program, Project, free_port
from tests.support.servers import serve
from tests.support.shadows import ALL, Field, document

AT_ONCE = 50  # requests under way together
MOVING = 20  # Executions that are deleted meanwhile; as many close, as many start
SETTLES = 4.0  # seconds in which the Service lists what has started
BUILD = "soak"


@dataclass
class Figures:
    """What a soak has counted."""

    executions: int
    worker_kills: int = 0
    server_kills: int = 0
    command_kills: int = 0
    deleted: int = 0
    replays: int = 0
    gone: int = 0
    not_begun: int = 0  # started meanwhile, which a shadow covers that begins late enough
    others: int = 0  # incompatible or not verified: there are none
    why: str = ""  # what is said of them
    status: int = -1
    seconds: float = 0.0

    def good(self) -> bool:
        """Tell whether the report holds each Execution once."""
        reported = self.replays + self.gone
        exact = self.executions - self.deleted <= reported <= self.executions
        few = self.gone <= self.deleted and self.not_begun <= MOVING
        return exact and few and self.status == 0 and not self.others

    def __str__(self) -> str:
        rows = (f"{name.replace('_', ' '):<14} {value}" for name, value in asdict(self).items())
        return "\n".join(rows)


class Victims:
    """A dev server on a SQLite file, Workers of the shadow, and the pipeline's command."""

    def __init__(self, folder: Path, module: str) -> None:
        self.folder, self.module = folder, module
        self.project = Project(folder)  # whose program the server is
        self.port = free_port()
        self.workers: list[Program] = []

    async def start_server(self) -> None:
        """Start it, again if need be."""
        self.server = await serve(self.project, self.folder / "soak.db", self.port)

    async def open(self) -> Client:
        """Start the server and return a client of the Namespace that is replayed."""
        await self.start_server()
        there = self.folder / "field"
        there.mkdir()
        client = await Client.connect(f"127.0.0.1:{self.port}", runtime=runtime())
        self.field = Field(there, client)
        await self.field.open()
        return self.field.client

    async def close(self) -> None:
        """End everything."""
        await self.field.project.close()
        await self.project.close()

    async def start_worker(self) -> None:
        """Start one more."""
        self.workers.append(await self.field.worker(BUILD, self.module))

    async def start_command(self) -> None:
        """Start it, or let another one join the shadow that runs."""
        more = ("--json", *ALL, "--heartbeat", "2", "--size", "100")
        self.command = await self.field.begin(BUILD, *more, module=self.module)

    async def kill_until_the_end(self, every: float, kills: int, figures: Figures) -> None:
        """Kill at odd moments and start again: a Worker, all of them, the server, the command."""
        for number in range(kills):
            end = asyncio.create_task(self.command.ends(3_600))
            await asyncio.wait([end], timeout=every * random.uniform(0.5, 1.5))
            if end.done():
                return
            end.cancel()
            kind = number % 5
            if kind == 3:
                await kill(self.server)
                figures.server_kills += 1
                await self.start_server()
            elif kind == 4:
                with contextlib.suppress(ProcessLookupError):
                    self.command.send(signal.SIGKILL)
                if await self.command.ends() >= 0:
                    return  # it had just ended by itself
                figures.command_kills += 1
                await self.start_command()
            else:
                count = len(self.workers) if kind == 2 else 1
                for _ in range(count):
                    await kill(self.workers.pop(0))
                figures.worker_kills += count
                for _ in range(count):
                    await self.start_worker()


async def kill(program: Program) -> None:
    program.send(signal.SIGKILL)
    assert await program.ends() == -signal.SIGKILL, program


async def fill(client: Client, numbers: range) -> None:
    """Start Executions, and let each come to its Timer."""
    few = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with few:
            handle = await client.start_workflow(
                Order.run, id=f"order-{number}", task_queue="orders"
            )
            async for event in handle.fetch_history_events(wait_new_event=True):
                if event.HasField("timer_started_event_attributes"):
                    return

    async with Worker(client, task_queue="orders", workflows=WORKFLOWS):
        await asyncio.gather(*map(one, numbers))


async def move(client: Client, figures: Figures) -> None:
    """Delete Executions, close others and start new ones while the server is not always there."""
    for number in range(MOVING):
        await asyncio.sleep(0.2)
        with contextlib.suppress(RPCError):
            figures.deleted += 1
            await client.workflow_service.delete_workflow_execution(
                DeleteWorkflowExecutionRequest(
                    namespace=client.namespace,
                    workflow_execution=WorkflowExecution(workflow_id=f"order-{number}"),
                )
            )
            await client.get_workflow_handle(f"order-{number + MOVING}").terminate()
            await client.start_workflow(Order.run, id=f"late-{number}", task_queue="orders")


async def soak(
    folder: Path,
    executions: int,
    workers: int,
    every: float,
    kills: int = sys.maxsize,
    module: str = "orders",
) -> Figures:
    """Run one shadow of so many Executions, kill meanwhile, and count what it reports."""
    figures = Figures(executions)
    victims = Victims(folder, module)
    client = await victims.open()
    try:
        await fill(client, range(executions))
        await asyncio.sleep(SETTLES)
        await asyncio.gather(*(victims.start_worker() for _ in range(workers)))
        began = time.monotonic()
        await victims.start_command()
        moving = asyncio.create_task(move(client, figures))
        await victims.kill_until_the_end(every, kills, figures)
        await victims.command.ends(3_600)
        figures.seconds = round(time.monotonic() - began, 1)
        await moving
    finally:
        await victims.close()
    found = document(victims.command)
    figures.status, figures.replays, figures.gone, figures.not_begun = (
        int(found[name]) for name in ("status", "replays", "gone", "not_begun")
    )
    figures.why = "; ".join(f"{group['count']} {group['reason']}" for group in found["groups"])
    figures.others = sum(int(found[name]) for name in ("incompatible", "unverified"))
    return figures


async def main(executions: int, workers: int, every: float, seed: int) -> int:
    """Return 0 if the report is exact, else 1."""
    logging.disable()
    random.seed(seed)
    with tempfile.TemporaryDirectory() as folder:
        figures = await soak(Path(folder), executions, workers, every)
    print(figures)
    return 0 if figures.good() else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--executions", type=int, default=20_000, metavar="N", help="default: %(default)s")
    add("--workers", type=int, default=4, metavar="N", help="default: %(default)s")
    add(
        "--every",
        type=float,
        default=10.0,
        metavar="S",
        help="default: %(default)s",
    )
    add("--seed", type=int, default=1, metavar="N", help="default: %(default)s")
    run(main(**vars(parser.parse_args())))
