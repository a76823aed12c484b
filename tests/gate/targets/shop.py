"""A Worker whose client, plugins and options all count in a replay."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from temporalio import client, worker
from temporalio.client import Client, ClientConfig
from temporalio.common import HeaderCodecBehavior
from temporalio.converter import DataConverter
from temporalio.service import ConnectConfig, ServiceClient
from temporalio.worker import (
    Replayer,
    ReplayerConfig,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerConfig,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from replaygate.mistake import Mistake
from tests.gate.targets.flows import Declined, Order, Shipment, SoldOut

ADDRESS = "localhost:7233"


class Tracing(client.Interceptor, worker.Interceptor):
    """Of the client, and so of its Workers."""


class Metrics(client.Interceptor):
    """Of the client alone."""


class Audit(worker.Interceptor):
    """Of the Worker."""


class Costs(worker.Interceptor):
    """Of a plugin."""


COSTS = Costs()


class Widening(client.Plugin, worker.Plugin):
    """Adds the same to a Worker and to a Replayer, as plugins are meant to."""

    interceptors: Sequence[worker.Interceptor] = ()
    workflows: Sequence[type] = ()
    failures: Sequence[type[BaseException]] = ()

    def configure_client(self, config: ClientConfig) -> ClientConfig:
        return config

    async def connect_service_client(
        self, config: ConnectConfig, next: Callable[[ConnectConfig], Awaitable[ServiceClient]]
    ) -> ServiceClient:
        return await next(config)

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        widened: WorkerConfig = self.widened(config)
        return widened

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        widened: ReplayerConfig = self.widened(config)
        return widened

    def widened(self, config: Any) -> Any:
        config["interceptors"] = [*config["interceptors"], *self.interceptors]
        config["workflows"] = [*config["workflows"], *self.workflows]
        types = [*config["workflow_failure_exception_types"], *self.failures]
        return {**config, "workflow_failure_exception_types": types}

    async def run_worker(self, worker: Worker, next: Callable[[Worker], Awaitable[None]]) -> None:
        await next(worker)

    def run_replayer(self, replayer: Replayer, histories: Any, next: Any) -> Any:
        return next(replayer, histories)


class OfClient(Widening):
    interceptors = (COSTS,)
    failures = (SoldOut,)


class OfWorker(Widening):
    workflows = (Shipment,)


CONVERTER = replace(DataConverter.default)
RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("shop")
)
UNSANDBOXED = UnsandboxedWorkflowRunner()
TRACING, AUDIT = Tracing(), Audit()
OF_CLIENT, OF_WORKER = OfClient(), OfWorker()
OPTIONS: dict[str, Any] = {
    "namespace": "shop",
    "data_converter": CONVERTER,
    "interceptors": [Metrics(), TRACING],
    "plugins": [OF_CLIENT],
    "header_codec_behavior": HeaderCodecBehavior.CODEC,
}


async def connect() -> Client:
    return await Client.connect(ADDRESS, **OPTIONS)


def connect_at_once() -> Client:
    return asyncio.run(connect())


def converter() -> DataConverter:
    return CONVERTER


CLIENT = asyncio.run(Client.connect(ADDRESS, lazy=True, **OPTIONS))


def make(client: Client) -> Worker:
    return Worker(
        client,
        task_queue="orders",
        workflows=[Order],
        workflow_runner=RUNNER,
        unsandboxed_workflow_runner=UNSANDBOXED,
        interceptors=[AUDIT],
        plugins=[OF_WORKER],
        workflow_failure_exception_types=[Declined],
    )


async def main() -> None:
    await make(await connect()).run()


async def unset() -> Client:
    """Fail with what a person can put right."""
    raise Mistake("SHOP_KEY is not set")
