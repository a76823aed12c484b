"""However a run of local mode ends, no dev server is left, and no traceback."""

import asyncio
import os
import signal
import time

import pytest

from tests.support.programs import ALWAYS, PATIENCE, Project
from tests.support.servers import dev_server_pid, listens, state

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def sleeping(local: Project) -> None:
    local.change("backgroundcheck.py", "random_number < 50", ALWAYS)


async def test_a_signal_in_the_timer(local: Project) -> None:
    """Each signal that asks a program to end does so; the last one to go stops the dev server."""
    starters = []
    for number in SIGNALS:
        starters.append(await local.start("main.py", "--local", "--workflow-id", number.name))
    for starter in starters:
        await starter.says("TimerStarted +60s")
    for number, starter in zip(SIGNALS, starters, strict=True):
        assert listens(local)
        starter.send(number)
        assert await starter.ends() == 128 + number
        assert "carries on when you run it again" in starter.err
        assert "Traceback" not in starter.err
    assert not listens(local)


async def test_two_signals_at_once(local: Project) -> None:
    """Two signals in one moment, as when a terminal closes, end it too, and the dev server."""
    starter = await local.start("main.py", "--local")
    await starter.says("TimerStarted +60s")
    for number in (signal.SIGTERM, signal.SIGHUP):
        starter.send(number)
    assert await starter.ends(20) in (128 + signal.SIGTERM, 128 + signal.SIGHUP), starter
    assert "carries on when you run it again" in starter.err
    assert "Traceback" not in starter.err
    assert dev_server_pid(local) is None


@pytest.mark.parametrize("number", SIGNALS[1:], ids=lambda number: number.name)
async def test_a_signal_after_the_loop(project: Project, number: signal.Signals) -> None:
    """Once what could be cancelled has ended, a signal ends the process at once."""
    script = "import asyncio, os, sys; from replaygate.signals import run_until_told\n"
    script += "run_until_told(asyncio.sleep(0)); os.kill(os.getpid(), int(sys.argv[1]))"
    program = await project.start("-c", script, str(int(number)))
    assert await program.ends() == -number, program
    assert not program.err


async def test_a_server_that_hangs(local: Project) -> None:
    """Where the dev server does not answer, Ctrl-C takes long: that is said, and it still ends."""
    local.change("main.py", "call_later(5, ", "call_later(0.2, ")
    starter = await local.start("main.py", "--local")
    await starter.says("TimerStarted")
    pid = dev_server_pid(local)
    assert pid
    os.kill(pid, signal.SIGSTOP)
    starter.send(signal.SIGINT)
    try:
        await starter.says("take long to end; Ctrl-C again hurries them")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert await starter.ends() == 128 + signal.SIGINT
    assert dev_server_pid(local) is None


async def begun(local: Project) -> None:
    """Wait until there is a dev server."""
    pid = state(local, "dev.pid")
    since = time.monotonic()
    while not (pid.exists() and pid.read_text()):
        assert time.monotonic() - since < PATIENCE
        await asyncio.sleep(0)


@pytest.mark.parametrize("number", SIGNALS[:2], ids=lambda number: number.name)
async def test_a_signal_at_the_start(local: Project, number: signal.Signals) -> None:
    """A signal that comes as soon as the dev server has begun leaves nothing that listens."""
    starter = await local.start("main.py", "--local")
    await begun(local)
    starter.send(number)
    assert await starter.ends() == 128 + number
    assert "Traceback" not in starter.err
    await asyncio.sleep(0.5)
    assert not listens(local)
    assert dev_server_pid(local) is None


@pytest.mark.parametrize(("delay", "again"), [(0, False), (0.1, True), (0.2, False), (0.35, True)])
async def test_ctrl_c_in_the_imports(local: Project, delay: float, again: bool) -> None:
    """Ctrl-C in the first moments leaves neither a traceback nor a dev server, also twice.

    What comes before our first line is up to Python.
    """
    starter = await local.start("-X", "importtime", "main.py", "--local")
    await starter.says(r"\| plumbing.onset\n")
    await asyncio.sleep(delay)
    starter.send(signal.SIGINT)
    if again and starter.process.returncode is None:
        starter.send(signal.SIGINT)
    assert await starter.ends() in (130, -signal.SIGINT), starter
    assert "Traceback" not in starter.err, starter
    assert dev_server_pid(local) is None


@pytest.mark.parametrize(("delay", "again"), [(0.1, True), (0.25, False), (0.5, True)])
async def test_ctrl_c_later(local: Project, delay: float, again: bool) -> None:
    """So it is while the dev server starts, and the Worker; a second one does not stop the end."""
    starter = await local.start("main.py", "--local")
    await begun(local)
    await asyncio.sleep(delay)
    starter.send(signal.SIGINT)
    if again:
        await asyncio.sleep(0.1)
        starter.send(signal.SIGINT)
    assert await starter.ends() == 130, starter
    assert "Traceback" not in starter.err, starter
    assert dev_server_pid(local) is None
