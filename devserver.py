"""Local mode: a dev server for those who have no Temporal Service yet, and the Executions in it."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote

from temporalio.api.namespace.v1 import UpdateNamespaceInfo
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client, WorkflowHandle

import commands
import devprocess
from address import split
from connection import MARK, NothingListens, connect_to, local_mode, logger, runtime
from devprocess import ADDRESS, DATABASE, LOG, PATIENCE, STATE, USERS, Stays, lock, unlock
from program import Mistake
from settings import Settings, local_settings

FOLDER = STATE.parent
UP = "Temporal Server:"  # what the dev server writes when it listens


@dataclass(frozen=True)
class Server:
    """A Temporal Service on loopback; ``ours`` if local mode has started it."""

    client: Client
    ours: bool

    def gone(self) -> bool:
        """Has our dev server ended? Then nobody needs to wait for it."""
        return self.ours and not devprocess.runs()

    def web_ui(self, handle: WorkflowHandle[Any, Any]) -> str:
        """Return the address of this very run in the Web UI, and how long it is good for."""
        host, port = split(self.client.service_client.config.target_host) or ("", 0)
        run = (self.client.namespace, "workflows", handle.id, handle.run_id or "", "history")
        path = "/".join(quote(part, safe="") for part in ("namespaces", *run))
        usual = f" --port {port}" if port != 7233 else ""
        later = f"ARGS=--db-filename {STATE.name}/{DATABASE}{usual}"
        until = f"until this run ends; afterwards: {commands.make(FOLDER, 'server', later)}"
        if not self.ours:
            until = "as long as that dev server runs"
        return f"http://{host}:{port + 1000}/{path}\n        ({until})"


@asynccontextmanager
async def local() -> AsyncIterator[Server]:
    """Yield the Temporal Service at local mode's address.

    If none answers, a dev server is started there; the last process that uses it stops it. One
    that a killed process left behind is adopted, with every Workflow Execution in it.

    Raises:
        Mistake: The dev server of another folder is there, or none can run there.
    """
    settings = local_settings()
    if commands.binary("temporal") is None or sys.platform == "win32":
        async with _downloaded(settings) as client:
            yield Server(client, ours=False)
        return
    try:
        STATE.mkdir(mode=0o700, exist_ok=True)
        users = USERS.open("a")
    except OSError as error:
        raise Mistake(f"Local mode keeps its state in {STATE}: {error.strerror}.") from None
    with users:
        try:
            yield await _join(users, settings)
        finally:
            if lock(users):  # nobody else is here any more
                _stop()


@asynccontextmanager
async def _downloaded(settings: Settings) -> AsyncIterator[Client]:
    """A dev server where there is no wheel with one: the SDK downloads its own."""
    from temporalio.testing import WorkflowEnvironment  # slow, and seldom needed

    STATE.mkdir(exist_ok=True)
    host, port = split(settings.address) or ("", 0)
    with contextlib.chdir(STATE):  # the server takes a path for a URI
        environment = await WorkflowEnvironment.start_local(
            ip=host,
            port=port,
            ui=True,
            ui_port=port + 1000,
            namespace=settings.namespace,
            dev_server_database_filename=DATABASE,
            runtime=runtime(),
        )
    async with environment:
        yield environment.client


async def _join(users: IO[str], settings: Settings) -> Server:
    """Return the service that answers or, if none does, a new dev server.

    ``users`` is locked by all who use our dev server: exclusively while one starts or stops it,
    else shared.
    """
    while True:
        alone = lock(users)
        if alone or lock(users, shared=True):
            server = await _found(users, settings, alone)
            if alone and not server:
                server = Server(await _start(settings), ours=True)
            unlock(users)
            if server:
                if server.ours:
                    lock(users, shared=True)
                return server
        await asyncio.sleep(0.05)  # another run starts it or stops it


async def _found(users: IO[str], settings: Settings, alone: bool) -> Server | None:
    """Return the service that runs: our dev server, or another that is at the address."""
    if devprocess.runs():
        at = ADDRESS.read_text()
        if at == settings.address:
            return Server(await _adopted(settings), ours=True)
        if not alone:
            raise Mistake(
                f"A run in this folder uses its dev server at {at}. End that run before one "
                f"at {settings.address}."
            )
        return None  # left behind at another address; it ends before ours starts
    try:
        client = await connect_to(settings)
    except NothingListens:
        return None
    await _refuse_anothers(client)
    logger.info("A Temporal Service is at %s already: this run uses that one.", settings.address)
    return Server(client, ours=False)


async def _adopted(settings: Settings) -> Client:
    try:
        return await connect_to(settings)
    except Mistake as mistake:
        raise Mistake(
            f"{mistake} (It is a dev server of this folder: make stop ends it.)"
        ) from None


async def _refuse_anothers(client: Client) -> None:
    """Refuse a dev server that ends with the runs of another folder."""
    for _ in range(2):
        if folder := await local_mode(client):
            address = client.service_client.config.target_host
            raise Mistake(
                f"{address} is the dev server of {folder}, and ends with the last run there. End "
                f"it ({commands.make(folder, 'stop')}), or take another port: "
                "TEMPORAL_ADDRESS=localhost:7243"
            )
        await asyncio.sleep(0.5)  # it may have started this moment, and not yet be marked


async def _start(settings: Settings) -> Client:
    """Start a dev server, wait until it answers, and mark it as this folder's."""
    _stop()  # one left behind at another address has the database open
    host, port = split(settings.address) or ("", 0)
    command = [commands.binary("temporal") or "", "server", "start-dev", "--ip", host]
    command += ["--port", str(port), "--ui-port", str(port + 1000), "--db-filename", DATABASE]
    command += ["--namespace", settings.namespace, "--log-level", "error"]
    try:
        ADDRESS.write_text(settings.address)
        server = devprocess.spawn(command)
    except OSError as error:
        raise Mistake(f"Local mode keeps its state in {STATE}: {error.strerror}.") from None
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(NothingListens):
            if UP in LOG.read_text(errors="replace"):
                client = await connect_to(settings)
                await _mark(client)
                return client
        await asyncio.sleep(0.05)
    _stop()
    words = LOG.read_text(errors="replace").strip().splitlines() or ["it did not answer"]
    raise Mistake(f"The dev server did not start: {words[-1]}")


async def _mark(client: Client) -> None:
    """Let whoever connects see whose dev server this is."""
    info = UpdateNamespaceInfo(data={MARK: os.fspath(FOLDER)})
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(namespace="default", update_info=info)
    )


def _stop() -> None:
    try:
        devprocess.stop()
    except (OSError, Stays) as error:
        raise Mistake(str(error)) from None
