"""A field for shadows: Executions on a dev server, Workers of several builds, and the command."""

import asyncio
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from replaygate.shadow.polling import pollers
from replaygate.shadow.request import name_of
from tests.gate.shadow.targets.orders import WORKFLOWS, Order
from tests.support.programs import PATIENCE, Program, Project, status
from tests.support.servers import create_namespace

SHADOW = ("-m", "replaygate", "shadow")
WORKER = ("-m", "replaygate", "shadow-worker")
TARGETS = Path(__file__).parents[1] / "gate" / "shadow" / "targets"
ALL = ("--query", 'WorkflowType="Order"')
LAG = 3.5  # seconds after which a shadow looks for an Execution that was started
SERVES = r"Serving \S+, namespace \S+, task queue \S+; replays \d+ at once"


class Field:
    """A Namespace that is replayed, one for the shadows, and the programs that run on both."""

    def __init__(self, folder: Path, client: Client) -> None:
        self.project = Project(folder)
        self.builds: set[str] = set()
        for target in TARGETS.glob("*.py"):
            shutil.copy(target, self.project.directory)
        (self.project.directory / "pyproject.toml").write_text("")
        self.address = client.service_client.config.target_host
        name = f"shadowed-{uuid.uuid4()}"
        self.client = Client(client.service_client, namespace=name)
        self.own = Client(client.service_client, namespace=f"{name}-shadow")
        self.project.serve_at(self.address)
        self.project.environment["TEMPORAL_NAMESPACE"] = name

    async def open(self) -> None:
        """Create the two Namespaces."""
        for client in (self.client, self.own):
            await create_namespace(client)

    def options(self, build: str, module: str) -> tuple[str, ...]:
        """Return what both commands need."""
        place = ("--build", build, "--namespace", self.own.namespace)
        return (*place, "--worker", f"{module}:WORKFLOWS")

    async def worker(self, build: str, module: str = "orders", *more: str) -> Program:
        """Start a Worker of a build."""
        jobs = () if "--jobs" in more else ("--jobs", "1")
        options = self.options(build, module)
        worker = await self.project.start(*WORKER, *options, *jobs, *more)
        await worker.says(SERVES)
        await self.counted_on(build, worker)
        return worker

    async def counted_on(self, build: str, worker: Program) -> None:
        """Wait until a Worker is among those that a shadow finds."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await pollers(self.own, name_of(build))
                if any(each.startswith(f"{worker.process.pid}@") for each in found):
                    return
                await asyncio.sleep(0.05)

    async def serving(self, build: str, module: str) -> None:
        """Make sure that a Worker of a build is there."""
        if build not in self.builds:
            self.builds.add(build)
            await self.worker(build, module)

    async def begin(self, build: str, *more: str, module: str = "orders") -> Program:
        """Start the command that a pipeline runs."""
        return await self.project.start(*SHADOW, *self.options(build, module), *more)

    async def shadow(self, build: str, *more: str, module: str = "orders") -> Program:
        """Run that command to its end."""
        program = await self.begin(build, *more, module=module)
        await program.ends()
        return program

    async def at_work(self, build: str, number: int) -> None:
        """Wait until so many slices are being replayed, and have told how far they are."""
        handle = self.own.get_workflow_handle(name_of(build))
        async with asyncio.timeout(PATIENCE):
            while True:
                await asyncio.sleep(0.1)
                try:
                    pending = (await handle.describe()).raw_description.pending_activities
                except RPCError:
                    continue  # it has not begun
                beats = [
                    json.loads(each.heartbeat_details.payloads[1].data)
                    for each in pending
                    if each.heartbeat_details.payloads
                ]
                if sum(bool(tally["types"]) for tally in beats) == number:
                    return

    async def document(self, build: str, *more: str, module: str = "orders") -> dict[str, Any]:
        """Run it with --json, and return what it prints."""
        return document(await self.shadow(build, "--json", *more, module=module))


async def fill(client: Client, number: int) -> None:
    """Start so many Executions, and wait until a shadow finds them with their first Timer."""
    async with Worker(client, task_queue="orders", workflows=WORKFLOWS):
        handles = await asyncio.gather(
            *(
                client.start_workflow(Order.run, id=f"order-{each}", task_queue="orders")
                for each in range(number)
            )
        )
        lag = asyncio.create_task(asyncio.sleep(LAG))
        for handle in handles:
            async for event in handle.fetch_history_events(wait_new_event=True):
                if event.HasField("timer_started_event_attributes"):
                    break
    await lag


def document(program: Program) -> dict[str, Any]:
    """Return the JSON that a command has printed."""
    found: dict[str, Any] = json.loads(program.out)
    assert found["status"] == status(program)
    return found


def outcome(document: dict[str, Any]) -> tuple[int, int, int, int]:
    """Return the exit status, and how many replay, are incompatible and are not verified."""
    names = ("status", "replays", "incompatible", "unverified")
    status, replays, incompatible, unverified = (int(document[name]) for name in names)
    return status, replays, incompatible, unverified
