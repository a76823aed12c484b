"""However a run of local mode ends, no dev server is left that nobody can stop."""

import asyncio
import re
import shutil
import signal
import sys
import time
from itertools import cycle

import pytest

from tests.support.programs import ALWAYS, PATIENCE, ROOT, Program, Project
from tests.support.servers import dev_server_pid, listens, state

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


async def asleep(project: Project, *arguments: str) -> Program:
    """A run that is in the Timer."""
    project.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    starter = await project.start("main.py", "--local", *arguments)
    await starter.says("TimerStarted +60s")
    return starter


async def make(project: Project, target: str) -> Program:
    """Make a target of the Makefile, in a project without an environment."""
    shutil.copy(ROOT / "Makefile", project.directory)
    program = shutil.which("make")
    assert program
    return await project.run(program, target)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
async def test_a_signal_in_the_timer(local: Project, number: signal.Signals) -> None:
    """Each signal that asks a program to end stops the dev server, too."""
    starter = await asleep(local)
    starter.send(number)
    assert await starter.ends() == 128 + number
    assert not listens(local)
    assert "carries on when you run it again" in starter.err
    assert "Traceback" not in starter.err


@pytest.mark.parametrize("number", SIGNALS[:2], ids=lambda number: number.name)
async def test_a_signal_at_the_start(local: Project, number: signal.Signals) -> None:
    """A signal that comes as soon as the dev server has begun leaves nothing that listens."""
    starter = await local.start("main.py", "--local")
    pid = state(local, "dev.pid")
    since = time.monotonic()
    while not (pid.exists() and pid.read_text()):
        assert time.monotonic() - since < PATIENCE
    starter.send(number)
    assert await starter.ends() == 128 + number
    assert "Traceback" not in starter.err
    await asyncio.sleep(0.5)
    assert not listens(local)
    assert dev_server_pid(local) is None


DELAYS = [0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.2]


@pytest.mark.parametrize(("delay", "again"), list(zip(DELAYS, cycle([False, True]), strict=False)))
async def test_ctrl_c_at_any_time(local: Project, delay: float, again: bool) -> None:
    """Ctrl-C in the first seconds leaves neither a traceback nor a dev server, also twice.

    What comes before our first line is up to Python.
    """
    starter = await local.start("-X", "importtime", "main.py", "--local")
    await starter.says(r"\| plumbing.onset\n")
    await asyncio.sleep(delay)
    starter.send(signal.SIGINT)
    if again and starter.process.returncode is None:
        starter.send(signal.SIGINT)
    assert await starter.ends() in (130, -signal.SIGINT, 0), starter
    assert "Traceback" not in starter.err, starter
    assert dev_server_pid(local) is None


async def test_make_stop(local: Project) -> None:
    """What a killed run has left is stopped by ``make stop``, by ``make clean`` as well."""
    starter = await asleep(local)
    for target in ("stop", "clean"):
        refused = await make(local, target)
        assert refused.process.returncode == 2
        assert "A starter uses the dev server" in refused.err
        assert state(local, "dev.db").exists()
    starter.send(signal.SIGKILL)
    await starter.ends()
    assert listens(local)
    stopped = await make(local, "stop")
    assert (stopped.process.returncode, stopped.out.count("Stopped the dev server")) == (0, 1)
    assert not listens(local)
    assert (await make(local, "stop")).out == ""


async def test_make_clean(local: Project) -> None:
    """``make clean`` stops what was left before it removes the database."""
    starter = await asleep(local)
    starter.send(signal.SIGKILL)
    await starter.ends()
    assert (await make(local, "clean")).process.returncode == 0
    assert not listens(local)
    assert not state(local).exists()
    again = await local.start("main.py", "--local")
    await again.says("Started Workflow Execution")


async def test_a_stale_pid(local: Project) -> None:
    """What a file that nobody holds says of a process is not believed."""
    state(local).mkdir()
    other = await local.start("-c", "import time; time.sleep(60)")
    for content in ("", "garbage", "1", "999999999", "-1", str(other.process.pid)):
        state(local, "dev.pid").write_text(content)
        stopped = await local.run("plumbing/devprocess.py")
        assert (stopped.process.returncode, stopped.out, stopped.err) == (0, "", "")
    starter = await asleep(local)
    assert other.process.returncode is None
    starter.send(signal.SIGTERM)
    assert await starter.ends() == 143


HOLD = "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(1)"


async def test_a_foreign_pid(local: Project) -> None:
    """If what holds the file is no dev server, nothing is killed, and one line says so."""
    state(local).mkdir()
    other = await local.start("-c", "import time; time.sleep(60)")
    pid = state(local, "dev.pid")
    pid.touch()
    holder = await local.start("-uc", f"{HOLD}; time.sleep(60)", str(pid))
    await holder.says("1")
    for content in ("", "garbage", str(other.process.pid)):
        pid.write_text(content)
        for program in (await local.run("main.py", "--local"), await make(local, "stop")):
            assert program.process.returncode == 2, program
            assert re.search(r"dev\.pid is locked, and .* is no dev server of ours", program.err)
            assert "Traceback" not in program.err
    assert other.process.returncode is None


async def test_a_renamed_folder(local: Project) -> None:
    """``make stop`` finds the dev server of a folder that was renamed meanwhile."""
    starter = await asleep(local)
    starter.send(signal.SIGKILL)
    await starter.ends()
    local.directory = local.directory.rename(local.directory.with_name("renamed"))
    assert "Stopped" in (await make(local, "stop")).out
    assert not listens(local)


def test_stopping_needs_no_environment() -> None:
    """The file that stops the dev server imports nothing that Python does not bring.

    Run as a script it finds its neighbours first, so none of them has the name of such a module.
    """
    source = ROOT / "plumbing" / "devprocess.py"
    modules = re.findall(r"(?m)^ *(?:from|import) (\w+)", source.read_text())
    assert set(modules) <= sys.stdlib_module_names
    assert not {file.stem for file in source.parent.glob("*.py")} & sys.stdlib_module_names
