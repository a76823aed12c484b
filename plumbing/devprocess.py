"""The process of local mode's dev server: started, found again, stopped.

Any Python runs this file, without the project's environment, to stop the server: ``make stop``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

FOLDER = Path(__file__).parents[1]
STATE = FOLDER / ".temporal"
LOG, PID, USERS, ADDRESS = (STATE / name for name in ("dev.log", "dev.pid", "users", "address"))
DATABASE = "dev.db"  # in STATE; the server takes a path for a URI, so it runs there
OURS = ("TEMPORAL_", "BACKGROUNDCHECK_")  # what the dev server need not see; some are secret
PATIENCE = 15.0  # seconds for the dev server to start, and for it to stop


class Stays(Exception):
    """The dev server can't be stopped, or must not be: one line that says why."""


def lock(file: IO[str], shared: bool = False) -> bool:
    """Try to lock the file; the kernel gives a lock back when its last process has ended."""
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(file: IO[str]) -> None:
    fcntl.flock(file, fcntl.LOCK_UN)


def runs(state: Path = STATE) -> bool:
    """Does the dev server run that local mode has started with that state?

    Raises:
        OSError: This user can't see that.
    """
    try:
        with (state / PID.name).open() as pid:
            return not lock(pid, shared=True)
    except FileNotFoundError:
        return False


def spawn(command: list[str]) -> subprocess.Popen[bytes]:
    """Run the dev server in a session of its own: Ctrl-C is for the starter, not for its server.

    It inherits the locked file PID. As long as somebody holds that lock, the server lives, and the
    number in the file is its process id.
    """
    with LOG.open("w") as log, PID.open("a") as pid:
        fcntl.flock(pid, fcntl.LOCK_EX)
        return subprocess.Popen(
            ["/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"', PID, *command],
            pass_fds=[pid.fileno()],
            cwd=STATE,
            # The server wants a name, which the user of a container may lack.
            env={"USER": str(os.getuid())}
            | {k: v for k, v in os.environ.items() if not k.startswith(OURS)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def stop() -> bool:
    """Stop the dev server that local mode started, and wait until it is gone; was there one?

    Raises:
        Stays: What holds the lock is no dev server.
    """
    with PID.open("a+") as pid:
        if lock(pid):
            return False
        for signum in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(KeyboardInterrupt):  # somebody is impatient
                _end(pid, signum)
            if lock(pid):
                return True
    raise Stays(f"The dev server does not end. See {PID}.")


def _end(pid: IO[str], signum: int) -> None:
    """Send the signal and wait until the dev server has ended."""
    deadline = time.monotonic() + PATIENCE
    if number := _dev_server(pid):
        os.kill(number, signum)
    while not lock(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def _dev_server(pid: IO[str]) -> int | None:
    """Return the process id in the file, if it is that of a dev server; None if that has ended."""
    deadline = time.monotonic() + 1  # for a shell that has still to write it
    while not lock(pid):
        pid.seek(0)
        number = pid.read().strip()
        if number.isdecimal() and " start-dev " in _arguments(number):
            return int(number)
        if time.monotonic() > deadline:
            raise Stays(
                f"{PID} is locked, and {number or 'nothing'} in it is no dev server of ours. "
                f"End what holds it (fuser {PID} names that), or remove {STATE}."
            )
        time.sleep(0.02)
    return None


def _arguments(number: str) -> str:
    """The command line of a process; where it can't be seen, that of a dev server."""
    if os.path.realpath("/proc/self") == f"/proc/{os.getpid()}":  # of our own PID namespace
        try:
            data = Path("/proc", number, "cmdline").read_bytes()
        except OSError:
            return ""
        return data.replace(b"\0", b" ").decode(errors="replace")
    if Path("/proc").exists() or not shutil.which("ps"):
        return " start-dev "
    command = ["ps", "-o", "args=", "-p", number]
    return subprocess.run(command, capture_output=True, text=True).stdout


def main() -> int:
    """Stop the dev server, unless a starter uses it."""
    if not PID.is_file():
        return 0
    with USERS.open("a") as users:
        if not lock(users):
            raise Stays(
                "A starter uses the dev server (main.py --local). End it first: Ctrl-C "
                "(fg brings back one that Ctrl-Z has stopped)."
            )
        if stop():
            print(f"Stopped the dev server; {STATE.name} keeps its Workflow Executions.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, Stays) as error:
        sys.exit(f"{error}")
