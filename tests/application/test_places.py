"""Local mode in every folder: its state is in ``.temporal``, and nothing is beside the project."""

import os
import shlex
import signal
from pathlib import Path

import pytest

from tests.support.programs import NEVER, Project, free_port, the_one_line
from tests.support.servers import dev_server_pid, state

NAMES = [  # each is a folder in the one before; a line of them is one checkout's place
    ["my project", 'it\'s "mine"', "Prüfung", "$HOME;&", "-f"],
    ["a#b", "a?b", "a\\b"],
    ["100%", "a%20b", "feature%2Fx"],
    [":memory:", "file:x?mode=memory"],
]


@pytest.mark.parametrize("names", NAMES, ids=["quoted", "cut", "escaped", "sqlite"])
async def test_any_folder(tmp_path: Path, names: list[str]) -> None:
    """Two runs exit 0 in folders of any name, and leave what they keep in their ``.temporal``."""
    await two_runs(tmp_path, tmp_path.joinpath(*names))


async def test_behind_a_symlink(tmp_path: Path) -> None:
    """Two runs exit 0 in a folder that a symlink leads to."""
    (tmp_path / "there #1").mkdir()
    (tmp_path / "here").symlink_to("there #1")
    await two_runs(tmp_path, tmp_path / "here")


async def test_another_python(tmp_path: Path) -> None:
    """A Python without the packages is told in one line which one to take, as a shell reads it."""
    (tmp_path / "my home").mkdir()
    project = Project(tmp_path / "my home")
    script = project.directory / "worker.py"
    line = the_one_line(await project.run("-S", str(script)))
    assert line.endswith(
        f"has no package 'temporalio'. Run .venv/bin/python {shlex.quote(str(script))} "
        "(`make .venv` makes it)\n"
    )
    await project.close()


async def two_runs(base: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    project = Project(folder)
    project.change("backgroundcheck.py", "random_number < 50", NEVER)
    project.serve_at(f"127.0.0.1:{free_port()}")
    beside = {*base.rglob("*")}
    try:
        for _ in range(2):
            run = await project.run("main.py", "--local")
            assert run.process.returncode == 0, run
        assert state(project, "dev.db").exists()
        new = {*base.rglob("*")} - beside
        assert not [path for path in new if not path.is_relative_to(project.directory.resolve())]
        assert dev_server_pid(project) is None
    finally:
        await project.close()
        if pid := dev_server_pid(project):
            os.kill(pid, signal.SIGKILL)
