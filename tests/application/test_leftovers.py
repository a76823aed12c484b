"""What a killed run of local mode has left is found, and only that; ``make`` stops it."""

import fcntl
import itertools
import os
import re
import shutil
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from plumbing import devprocess
from tests.support.programs import ALWAYS, ROOT, Program, Project
from tests.support.servers import listens, state

NO_SERVER = r"dev\.pid is locked, and .* is no dev server of ours"
HOLD = "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(1)"


async def make(project: Project, target: str) -> Program:
    """Make a target of the Makefile, in a project without an environment."""
    shutil.copy(ROOT / "Makefile", project.directory)
    program = shutil.which("make")
    assert program
    return await project.run(program, target)


async def kill(starter: Program) -> None:
    starter.send(signal.SIGKILL)
    await starter.ends()


async def test_make_clean_and_stop(local: Project) -> None:
    """``make clean`` and ``make stop`` stop what was left, in a folder renamed since as well.

    Neither stops what is in use.
    """
    local.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    first = await local.start("main.py", "--local")
    await first.says("TimerStarted +60s")
    for target in ("stop", "clean"):
        refused = await make(local, target)
        assert refused.process.returncode == 2
        assert "A starter uses the dev server" in refused.err
        assert "fg brings back" in refused.err
        assert state(local, "dev.db").exists()
    await kill(first)
    assert listens(local)
    assert (await make(local, "clean")).process.returncode == 0
    assert not listens(local)
    assert not state(local).exists()
    state(local).mkdir()
    state(local, "dev.pid").write_text("999999999")  # stale: nobody holds that file
    second = await local.start("main.py", "--local")
    await second.says("Started Workflow Execution")
    await kill(second)
    assert listens(local)
    local.directory = local.directory.rename(local.directory.with_name("renamed"))
    local.environment |= dict.fromkeys(("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH"), "/absent")
    stopped = await make(local, "stop")
    assert (stopped.process.returncode, stopped.out.count("Stopped the dev server")) == (0, 1)
    assert not listens(local)
    assert (await make(local, "stop")).out == ""


async def test_make_from_another_folder(project: Project) -> None:
    """With ``make -f``, ``make clean`` would clear somebody else's folder; it says where to go."""
    (theirs := project.directory / "their #1 folder" / ".venv").mkdir(parents=True)
    copy = str(shutil.copy(ROOT / "Makefile", project.directory))
    project.directory = theirs.parent
    program = shutil.which("make")
    assert program
    refused = await project.run(program, "-f", copy, "clean")
    assert refused.process.returncode == 2
    assert f'works in its own folder only: make -C "{Path(copy).parent}/" clean.' in refused.err
    assert theirs.exists()


async def test_a_foreign_pid(local: Project) -> None:
    """If what holds the file is no dev server, nothing is killed, and one line says so."""
    local.change("plumbing/devprocess.py", "monotonic() + 1 ", "monotonic() + 0.2 ")
    state(local).mkdir()
    other = await local.start("-c", "import time; time.sleep(60)")
    pid = state(local, "dev.pid")
    pid.write_text(str(other.process.pid))
    holder = await local.start("-uc", f"{HOLD}; time.sleep(60)", str(pid))
    await holder.says("1")
    for program in (await local.run("main.py", "--local"), await make(local, "stop")):
        assert program.process.returncode == 2, program
        assert re.search(NO_SERVER, program.err)
        assert "Traceback" not in program.err
    assert (other.process.returncode, holder.process.returncode) == (None, None)


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Whom we would have sent a signal."""
    numbers: list[int] = []
    monkeypatch.setattr("plumbing.devprocess.os.kill", lambda number, _: numbers.append(number))
    return numbers


@pytest.mark.parametrize("held", [False, True], ids=["stale", "foreign"])
@pytest.mark.parametrize("content", ["", "garbage", "1", "999999999", "-1", "ours"])
def test_what_a_pid_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: list[int], content: str, held: bool
) -> None:
    """Whatever the file says, who is no dev server is not killed; one line names who holds it."""
    pid = tmp_path / "dev.pid"
    pid.write_text(str(os.getpid()) if content == "ours" else content)
    clock = SimpleNamespace(monotonic=itertools.count().__next__, sleep=lambda _: None)
    monkeypatch.setattr(devprocess, "PID", pid)
    monkeypatch.setattr(devprocess, "time", clock)
    with pid.open() as holder:
        if held:
            fcntl.flock(holder, fcntl.LOCK_EX)
            with pytest.raises(devprocess.Stays, match=NO_SERVER):
                devprocess.stop()
        else:
            assert not devprocess.stop()
        assert devprocess.runs(tmp_path) == held
    assert not killed


async def test_stopping_what_is_another_users(project: Project) -> None:
    """A user who can't look whether a server runs is told so, not that there is none."""
    state(project).mkdir()
    state(project, "dev.pid").symlink_to("x" * 300)  # at which nobody can look, not even root
    refused = await make(project, "stop")
    assert refused.process.returncode == 2
    assert "File name too long" in refused.err


def test_stopping_needs_no_environment() -> None:
    """The file that stops the dev server imports nothing that Python does not bring.

    Run as a script it finds its neighbours first, so none of them has the name of such a module.
    """
    source = ROOT / "plumbing" / "devprocess.py"
    modules = re.findall(r"(?m)^ *(?:from|import) (\w+)", source.read_text())
    assert set(modules) <= sys.stdlib_module_names
    assert not {file.stem for file in source.parent.glob("*.py")} & sys.stdlib_module_names
