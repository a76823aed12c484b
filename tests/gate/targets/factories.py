"""Functions that make Workers, in each way in which people write them."""

import contextlib
import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Replayer, Worker

from tests.gate.targets.flows import Order, Shipment


@activity.defn
async def pack() -> None:
    pass


def plain(client: Client) -> Worker:
    return Worker(client, task_queue="orders", workflows=[Order])


async def awaited(client: Client) -> Worker:
    return plain(client)


def keyword(*, client: Client, task_queue: str = "orders") -> Worker:
    return Worker(client=client, task_queue=task_queue, workflows=[Order])


def unannotated(temporal):  # type: ignore[no-untyped-def]
    return plain(temporal)


def listed(client: Client) -> list[Worker]:
    return [plain(client), Worker(client, task_queue="shipments", workflows=[Shipment])]


def by_name(client: Client) -> dict[str, Worker]:
    return {worker.task_queue: worker for worker in listed(client)}


def yielded(client: Client) -> Iterator[Worker]:
    yield from listed(client)


async def fixture(client: Client) -> AsyncIterator[Worker]:
    async with plain(client) as worker:
        yield worker


@contextlib.asynccontextmanager
async def managed(client: Client) -> AsyncIterator[Worker]:
    async with plain(client) as worker:
        yield worker


@contextlib.contextmanager
def managed_at_once(client: Client) -> Iterator[Worker]:
    yield plain(client)


def with_client(client: Client) -> tuple[Client, Worker]:
    return client, plain(client)


def kept(client: Client) -> object:
    """The Worker stays inside of what it returns."""

    class App:
        worker = plain(client)

    return App()


def replayer() -> Replayer:
    return Replayer(workflows=[Order])


def with_activities_only(client: Client) -> list[Worker]:
    return [plain(client), activities_only(client)]


def activities_only(client: Client) -> Worker:
    return Worker(client, task_queue="packing", activities=[pack])


class App:
    def __init__(self) -> None:
        self.task_queue = "orders"

    def worker(self, client: Client) -> Worker:
        return Worker(client, task_queue=self.task_queue, workflows=[Order])

    def run(self) -> None:
        pass

    @classmethod
    def make(cls, client: Client) -> Worker:
        return cls().worker(client)


app = App()
partial = functools.partial(keyword, task_queue="orders")


def wants_a_name(name: str) -> None:
    pass


def wants_more(client: Client, task_queue: str) -> None:
    pass


def gives_text(client: Client) -> Any:
    return "no Worker"


def misspelt(client: Client) -> Worker:
    return Worker(client, task_queue="orders", workflow=[Order])  # type: ignore[call-arg]
