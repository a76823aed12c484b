"""Real Temporal servers, from the wheels' binaries; and a server that is no Temporal Service."""

import asyncio
import contextlib
import fcntl
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from connection import runtime
from plumbing.commands import binary
from plumbing.settings import DEFAULTS
from tests.support.programs import Program, Project


async def start_dev_server(*settings: str, **options: object) -> WorkflowEnvironment:
    """Start a dev server with our namespace; it answers small steps faster than by default.

    ``settings`` are more of its dynamic configuration, as KEY=VALUE.
    """
    faster = "history.transferProcessorMaxPollRPS=2000"
    return await WorkflowEnvironment.start_local(
        namespace=DEFAULTS["namespace"],
        runtime=runtime(),
        dev_server_existing_path=binary("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=[
            argument
            for setting in (faster, *settings)
            for argument in ("--dynamic-config-value", setting)
        ],
        **options,  # type: ignore[arg-type]
    )


async def create_namespace(client: Client) -> None:
    """Create the Namespace of a client, and wait until all of the Temporal Service knows it."""
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=client.namespace,
            workflow_execution_retention_period=Duration(seconds=86_400),
        )
    )
    while True:
        try:
            await client.get_workflow_handle("nobody").describe()
        except RPCError as error:
            if not any("Namespace" in detail.type_url for detail in error.grpc_status.details):
                return
        await asyncio.sleep(0.05)


async def start_time_skipping() -> WorkflowEnvironment:
    """Start a time-skipping test server; it holds one Workflow Execution with a Timer at a time."""
    return await WorkflowEnvironment.start_time_skipping(
        runtime=runtime(), test_server_existing_path=binary("temporal-test-server")
    )


async def serve(project: Project, database: Path, port: int) -> Program:
    """A dev server as a program of its own, which can be killed and started again."""
    cli = binary("temporal")
    assert cli
    command = [cli, "server", "start-dev", "--headless", "--log-level", "error"]
    command += ["--ip", "127.0.0.1", "--port", str(port), "--db-filename", str(database)]
    server = await project.start(*command, "--namespace", DEFAULTS["namespace"])
    await server.says("Temporal Server: ")
    return server


def dev_server_pid(project: Project) -> int | None:
    """The process id of the dev server that local mode has started there and that still runs."""
    with contextlib.suppress(OSError), state(project, "dev.pid").open() as pid:
        try:
            fcntl.flock(pid, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(pid.read())
    return None


def state(project: Project, name: str = "") -> Path:
    return project.directory / ".temporal" / name


def listens(project: Project, above: int = 0) -> bool:
    """Does anything listen where the project's programs look for their Temporal Service?"""
    host, port = project.environment["TEMPORAL_ADDRESS"].split(":")
    with socket.socket() as caller:
        return caller.connect_ex((host, int(port) + above)) == 0


@contextlib.asynccontextmanager
async def stranger(answer: bytes) -> AsyncIterator[str]:
    """The address of a server that is no Temporal Service and answers just that, if anything."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if answer:
            writer.write(answer)
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        yield "{}:{}".format(*server.sockets[0].getsockname())
