"""Local mode in every folder: its state is in ``.temporal``, and nothing is beside the project."""

import ast
import os
import re
import shlex
import signal
import sys
from pathlib import Path

import pytest

from plumbing import devprocess
from tests.support.programs import NEVER, PACKAGES, ROOT, Project, free_port, the_one_line
from tests.support.servers import dev_server_pid, state

NAMES = [  # each is a folder in the one before
    *("my project", 'it\'s "mine"', "Prüfung", "$HOME;&", "-f"),  # a shell may not see them whole
    *("a#b", "a?b", "a\\b"),  # a URI ends there
    *("100%", "a%20b", "feature%2Fx"),  # a URI means something else
    *(":memory:", "file:x?mode=memory"),  # SQLite may
    *([os.fsdecode(b"Pr\xfcfung")] if sys.platform == "linux" else []),  # no UTF-8
]


async def test_any_folder(tmp_path: Path) -> None:
    """Two runs exit 0 in folders of any name, behind a symlink, and keep all in ``.temporal``."""
    folder = tmp_path.joinpath(*NAMES)
    folder.mkdir(parents=True)
    (folder / "there").mkdir()
    (folder / "here").symlink_to("there")
    project = Project(folder / "here")
    project.change("backgroundcheck.py", "random_number < 50", NEVER)
    project.serve_at(f"127.0.0.1:{free_port()}")
    beside = {*tmp_path.rglob("*")}
    try:
        for options in ((), ("-W", "always")):
            run = await project.run(*options, "main.py", "--local")
            assert run.process.returncode == 0, run
            assert "ResourceWarning" not in run.err
        assert state(project, "dev.db").exists()
        new = {*tmp_path.rglob("*")} - beside
        assert not [path for path in new if not path.is_relative_to(project.directory.resolve())]
        assert dev_server_pid(project) is None
    finally:
        await project.close()
        if pid := dev_server_pid(project):
            os.kill(pid, signal.SIGKILL)


def test_a_user_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dev server is told a name where a container has none: without, it does not start."""
    monkeypatch.delenv("USER", raising=False)
    for name in ("LOG", "PID"):
        monkeypatch.setattr(devprocess, name, tmp_path / name)
    monkeypatch.setattr(devprocess, "STATE", tmp_path)
    devprocess.spawn(["sh", "-c", 'echo "$USER"']).wait()
    assert (tmp_path / "LOG").read_text().strip()


@pytest.mark.parametrize("program", ["main.py", "worker.py", "codec.py"])
async def test_a_python_that_does_not_look_there(project: Project, program: str) -> None:
    """Where Python leaves the program's folder out, the modules beside it are found."""
    run = await project.run("-I", program, "--help")
    assert (run.process.returncode, run.err) == (0, ""), run


async def test_an_import_that_is_misspelt(project: Project) -> None:
    """Who misspells an import is shown the line, not another Python, which would fail there too."""
    project.change("backgroundcheck.py", "import asyncio", "import asynci")
    run = await project.run("-W", "default", "main.py")
    assert 'backgroundcheck.py", line 3' in run.err
    assert run.err.endswith("ModuleNotFoundError: No module named 'asynci'\n")


def test_the_packages_are_known() -> None:
    """A package that the programs import is one of those that a wrong Python is said to lack."""
    files = [*ROOT.glob("*.py"), *(ROOT / "plumbing").glob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    foreign = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    foreign -= {file.stem for file in files} | {*PACKAGES}
    known = re.search(r"PACKAGES = ({.*})", (ROOT / "plumbing" / "onset.py").read_text())
    assert known
    assert foreign == ast.literal_eval(known[1])


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
