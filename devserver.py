"""Local mode: a dev server for those who have no Temporal Service yet, and the Executions in it."""

import asyncio
import errno
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote

from temporalio.client import Client, WorkflowHandle

from plumbing import commands, devprocess, devstart
from plumbing.address import split
from plumbing.client import NothingListens, connect_to
from plumbing.devprocess import ADDRESS, DATABASE, FOLDER, LOG, PID, STATE, USERS, lock, unlock
from plumbing.localsettings import local_settings
from plumbing.owner import refuse_anothers
from plumbing.settings import Settings
from program import Mistake

logger = logging.getLogger("devserver")


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
        async with devstart.downloaded(settings) as client:
            yield Server(client, ours=False)
        return
    try:
        STATE.mkdir(mode=0o700, exist_ok=True)
        for file in (LOG, PID, USERS, ADDRESS, STATE / DATABASE):
            if file.exists() and not file.is_file():  # a pipe would make us wait
                raise OSError(errno.EINVAL, f"{file.name} is not a file")
        users = USERS.open("a")
    except OSError as error:
        raise Mistake(f"Local mode keeps its state in {STATE}: {error.strerror}.") from None
    with users:
        try:
            yield await _join(users, settings)
        finally:
            if lock(users):  # nobody else is here any more
                devstart.stop()


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
                server = Server(await devstart.start(settings), ours=True)
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
    except Mistake as mistake:
        own = commands.make(FOLDER, "run", "TEMPORAL_ADDRESS=127.0.0.1:7399")
        raise Mistake(
            f"{mistake} (If that is another's service, run your own at another port: {own})"
        ) from None
    await refuse_anothers(client)
    logger.info("A Temporal Service is at %s already: this run uses that one.", settings.address)
    return Server(client, ours=False)


async def _adopted(settings: Settings) -> Client:
    try:
        return await connect_to(settings)
    except Mistake as mistake:
        raise Mistake(
            f"{mistake} (It is a dev server of this folder: make stop ends it.)"
        ) from None
