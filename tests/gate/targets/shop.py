"""A Worker whose client, plugins and options all count in a replay."""

import asyncio
from dataclasses import replace
from typing import Any

from temporalio import client, worker
from temporalio.client import Client
from temporalio.common import HeaderCodecBehavior
from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

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


class Shipping(SimplePlugin):
    """Of the Worker."""


CONVERTER = replace(DataConverter.default)
RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("shop")
)
UNSANDBOXED = UnsandboxedWorkflowRunner()
TRACING, AUDIT, COSTS = Tracing(), Audit(), Costs()
OF_CLIENT = SimplePlugin(
    "of the client", interceptors=[COSTS], workflow_failure_exception_types=[SoldOut]
)
OF_WORKER = Shipping("of the Worker", workflows=[Shipment])


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
