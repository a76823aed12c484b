"""Entry points that connect and run their Workers by themselves, as people write them."""

import argparse
import asyncio
import contextlib
import http.server
import multiprocessing
import os
import signal
import sys
import threading
import time
from datetime import timedelta

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.gate.targets.flows import Order, Shipment

ADDRESS = "localhost:7233"


async def connected() -> Client:
    return await Client.connect(ADDRESS, namespace="shop")


def orders(client: Client) -> Worker:
    return Worker(client, task_queue="orders", workflows=[Order])


def shipments(client: Client) -> Worker:
    return Worker(client, task_queue="shipments", workflows=[Shipment])


async def runs() -> None:
    await orders(await connected()).run()


async def enters() -> None:
    async with orders(await connected()):
        print("Worker started, ctrl+c to exit")
        await asyncio.Event().wait()


async def executes() -> None:
    """As the hello samples do."""
    client = await connected()
    async with orders(client):
        print(await client.execute_workflow(Order.run, id="order", task_queue="orders"))


async def looks_at_the_answer() -> None:
    client = await connected()
    async with orders(client):
        handle = await client.start_workflow(Order.run, id="order", task_queue="orders")
        started = (await handle.describe()).start_time
        print(started.replace(microsecond=0))
        raise RuntimeError("unlikely")


async def starts_before() -> None:
    """A Workflow Execution, and a look whether the namespace is there."""
    client = await connected()
    await client.service_client.check_health()
    await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="shop"))
    await client.start_workflow(Order.run, id="order", task_queue="orders")
    await orders(client).run()


async def from_environment() -> None:
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", ADDRESS)
    client = await Client.connect(**config)
    await orders(client).run()


async def reads_arguments() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--verbose", action="store_true")
    parser.parse_args()
    await runs()


async def handles_signals() -> None:
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, interrupted.set)
    signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(interrupted.set))
    async with orders(await connected()):
        await interrupted.wait()


async def measures() -> None:
    """With metrics on a port that only one process can have."""
    port = int(os.environ.get("OWN_PORT", "0"))
    telemetry = TelemetryConfig(metrics=PrometheusConfig(bind_address=f"127.0.0.1:{port}"))
    runtime = Runtime(telemetry=telemetry)
    Runtime.set_default(runtime, error_if_already_set=False)
    client = await Client.connect(ADDRESS, namespace="shop", runtime=runtime)
    await orders(client).run()


async def answers_health_checks() -> None:
    """On a port that only one process can have."""
    port = int(os.environ.get("OWN_PORT", "0"))
    with http.server.HTTPServer(("", port), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            await runs()
        finally:
            server.shutdown()


def runs_a_loop() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(runs())


def gets_a_loop() -> None:
    loop = asyncio.get_event_loop()
    task = loop.create_task(runs())
    loop.run_forever()
    task.result()


def runs_in_a_thread() -> None:
    thread = threading.Thread(target=runs_a_loop)
    thread.start()
    threading.Event().wait(20)


def exits() -> None:
    asyncio.run(runs())
    sys.exit(1)


async def exits_at_once() -> None:
    orders(await connected())
    sys.exit(0)


def ends_the_process() -> None:
    try:
        asyncio.run(runs())
    except BaseException:
        os._exit(70)


async def never_gives_up() -> None:
    client = await connected()
    while True:
        try:
            await orders(client).run()
        except BaseException:
            await asyncio.sleep(0)
            raise


async def looks_at_it() -> None:
    """As tests and supervisors do."""
    async with orders(await connected()) as worker:
        assert worker.is_running
        assert not worker.is_shutdown
        assert worker.task_queue == "orders"
        await worker.shutdown()


async def starts_a_process() -> None:
    """And never ends it."""
    multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,)).start()
    await runs()


async def gathers() -> None:
    client = await connected()
    await asyncio.gather(orders(client).run(), shipments(client).run())


async def nests() -> None:
    client = await connected()
    async with orders(client):
        await asyncio.sleep(0.03)
        async with shipments(client):
            await asyncio.sleep(0.03)
            async with Worker(client, task_queue="returns", workflows=[Order, Shipment]):
                await asyncio.Event().wait()


async def has_no_core() -> None:
    client = await connected()
    async with orders(client):
        asyncio.get_running_loop().call_soon(time.sleep, 0.1)  # as if others had them all
        await asyncio.sleep(0.03)
        await shipments(client).run()


async def groups() -> None:
    client = await connected()
    async with asyncio.TaskGroup() as group:
        for worker in (orders(client), shipments(client)):
            group.create_task(worker.run())


async def keeps_tasks() -> None:
    client = await connected()
    tasks = [asyncio.create_task(orders(client).run())]
    tasks.append(asyncio.create_task(shipments(client).run()))
    await asyncio.wait(tasks, timeout=timedelta(hours=1).total_seconds())


async def starts_its_server() -> None:
    async with await WorkflowEnvironment.start_local() as environment:
        await orders(environment.client).run()


async def waits() -> None:
    await asyncio.Event().wait()


async def wants_arguments() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--queue", required=True)
    parser.parse_args()


async def lacks_a_key() -> None:
    os.environ["SHOP_API_KEY_THAT_NOBODY_HAS"]


async def asks_first() -> None:
    client = await connected()
    workflows = [item.id async for item in client.list_workflows()]
    print(workflows[0])


async def fails_in_the_second() -> None:
    client = await connected()
    async with orders(client):
        await client.start_workflow(Order.run, id="order", task_queue="orders")
        Worker(client, task_queue="none")


def makes_none() -> int:
    return 0
