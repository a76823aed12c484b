"""Local mode: a dev server for those who have no Temporal Service yet, and the Executions in it."""

import asyncio
import ipaddress
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

from temporalio.client import Client, WorkflowHandle

from connection import NothingListens, connect, load_config, runtime
from program import Mistake

if sys.platform != "win32":
    import fcntl

STATE = Path(__file__).with_name(".temporal")
DATABASE, LOG, PID, USERS = (STATE / name for name in ("dev.db", "dev.log", "dev.pid", "users"))
OURS = ("TEMPORAL_", "BACKGROUNDCHECK_")  # what the dev server need not see; some are secret
PATIENCE = 15.0  # seconds for the dev server to start, and for it to stop


def binary(name: str) -> str | None:
    """Find a server's binary beside this interpreter (no activation needed), else on PATH."""
    return shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)


@asynccontextmanager
async def local() -> AsyncIterator[Client]:
    """Yield a client of the Temporal Service at the configured loopback address.

    If none answers, a dev server is started there; the last process that uses it stops it. One
    that a killed process left behind is adopted, with every Workflow Execution in it.

    Raises:
        Mistake: The address is not on loopback, or no dev server can run there.
    """
    config = load_config()
    host, port = loopback(config["target_host"])
    try:
        STATE.mkdir(mode=0o700, exist_ok=True)
        users = USERS.open("a")
    except OSError as error:
        raise Mistake(f"Local mode keeps its state in {STATE}: {error.strerror}.") from None
    cli = binary("temporal")
    if cli is None or sys.platform == "win32":  # no wheel there: the SDK downloads its own
        from temporalio.testing import WorkflowEnvironment  # slow, and seldom needed

        async with await WorkflowEnvironment.start_local(
            ip=host,
            port=port,
            ui=True,
            ui_port=port + 1000,
            namespace=config["namespace"],
            dev_server_database_filename=str(DATABASE),
            runtime=runtime(),
        ) as environment:
            yield environment.client
        return
    command = [cli, "server", "start-dev", "--ip", host, "--port", str(port)]
    command += ["--ui-port", str(port + 1000), "--namespace", config["namespace"]]
    command += ["--db-filename", str(DATABASE), "--log-level", "error"]
    with users:
        client = await _join(users, command)
        try:
            yield client
        finally:
            if _locked(users):  # nobody else is here any more
                _stop()


def web_ui(client: Client, handle: WorkflowHandle[Any, Any]) -> str:
    """Return the address of this very run in the Web UI of a dev server."""
    host, port = loopback(client.service_client.config.target_host)
    path = ("namespaces", client.namespace, "workflows", handle.id, handle.run_id or "", "history")
    return f"http://{host}:{port + 1000}/" + "/".join(quote(part, safe="") for part in path)


def loopback(address: str) -> tuple[str, int]:
    """Split a loopback address; refuse any other, because a dev server asks nobody who they are."""
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname or "", parts.port or 7233
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return host, port
    except ValueError:
        pass
    raise Mistake(
        f"Local mode stays on loopback, and TEMPORAL_ADDRESS is {address}. "
        "Unset it, or leave out --local."
    )


async def _join(users: IO[str], command: list[str]) -> Client:
    """Return a client of the service that answers or, if none does, of a new dev server.

    ``users`` is locked by all who use the dev server: exclusively while one starts or stops it,
    else shared. The kernel gives a lock back when its process is killed.
    """
    while True:
        alone = _locked(users)
        if not alone:
            await asyncio.to_thread(fcntl.flock, users, fcntl.LOCK_SH)
        try:
            client = await connect()
        except NothingListens:
            if not alone:
                continue  # the others have just left
            client = await _start(command)
        fcntl.flock(users, fcntl.LOCK_SH)
        return client


async def _start(command: list[str]) -> Client:
    """Start a dev server and wait until it answers."""
    _stop()  # one left behind at another address has the database open
    server = _spawn(command)
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            return await connect()
        except NothingListens:
            await asyncio.sleep(0.05)
    _stop()
    words = LOG.read_text(errors="replace").strip().splitlines() or ["it did not answer"]
    raise Mistake(f"The dev server did not start: {words[-1]}")


def _spawn(command: list[str]) -> subprocess.Popen[bytes]:
    """Run the dev server in a session of its own: Ctrl-C is for the starter, not for its server.

    It inherits the locked file PID. As long as somebody holds that lock, the server lives, and the
    number in the file is its process id.
    """
    with LOG.open("w") as log, PID.open("a") as pid:
        fcntl.flock(pid, fcntl.LOCK_EX)
        return subprocess.Popen(
            ["sh", "-c", 'echo $$ >"$0" && exec "$@"', PID, *command],
            pass_fds=[pid.fileno()],
            env={k: v for k, v in os.environ.items() if not k.startswith(OURS)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _stop() -> None:
    """Stop the dev server that local mode started, if it still runs, and wait until it is gone."""
    with PID.open("a+") as pid:
        for signum in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + PATIENCE
            if _locked(pid):
                return
            pid.seek(0)
            os.kill(int(pid.read()), signum)
            while not _locked(pid) and time.monotonic() < deadline:
                time.sleep(0.02)


def _locked(file: IO[str]) -> bool:
    """Try to lock the file exclusively."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
