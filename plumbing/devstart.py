"""Starts local mode's dev server and waits until it serves; stops it."""

import asyncio
import contextlib
import logging
import re
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client

from plumbing import commands, devprocess
from plumbing.address import split
from plumbing.client import NothingListens, connect_to, runtime
from plumbing.devprocess import ADDRESS, DATABASE, LOG, PATIENCE, STATE, Stays
from plumbing.owner import MARK, mark
from plumbing.settings import Settings
from program import Mistake

SPOILT = "not a database|no such table|no such column|already exists|malformed"
logger = logging.getLogger("devserver")
servers: list[subprocess.Popen[bytes]] = []
LONG = 10.0  # seconds after which we say that it takes long
SLOW = f"The dev server takes long to start; what it says is in {LOG}"
UP = "Temporal Server:"  # what the dev server writes when it listens


async def start(settings: Settings) -> Client:
    """Start a dev server, wait until it answers, and mark it as this folder's."""
    stop()  # one left behind at another address has the database open
    host, port = split(settings.address) or ("", 0)
    command = [commands.binary("temporal") or "", "server", "start-dev", "--ip", host]
    command += ["--port", str(port), "--ui-port", str(port + 1000), "--db-filename", DATABASE]
    command += ["--namespace", settings.namespace, "--namespace", MARK, "--log-level", "error"]
    try:
        ADDRESS.write_text(settings.address)
        server = devprocess.spawn(command)
        servers.append(server)  # a Popen that goes while its process runs complains of that
    except OSError as error:
        raise Mistake(f"Local mode keeps its state in {STATE}: {error.strerror}.") from None
    slow = asyncio.get_running_loop().call_later(LONG, logger.warning, SLOW)
    try:
        deadline = time.monotonic() + PATIENCE
        while server.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(NothingListens):
                if UP in LOG.read_text(errors="replace"):
                    client = await connect_to(settings)
                    await mark(client)
                    return client
            await asyncio.sleep(0.05)
    finally:
        slow.cancel()
    stop()
    words = LOG.read_text(errors="replace").strip().splitlines() or ["it did not answer"]
    spoilt = re.search(SPOILT, words[-1])
    hint = f" (Move {STATE / DATABASE} away, and a new one is made.)" if spoilt else ""
    raise Mistake(f"The dev server did not start: {words[-1]}{hint}")


def stop() -> None:
    """Stop it, if it runs. Raises Mistake."""
    try:
        devprocess.stop()
    except (OSError, Stays) as error:
        raise Mistake(str(error)) from None


@asynccontextmanager
async def downloaded(settings: Settings) -> AsyncIterator[Client]:
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
