"""The README's chapter 'Take it home', done: the gate moves into a project with another Worker.

That one has signals, a query, an update, a child, a Local Activity, pydantic models, an
interceptor that gives Commands, and it continues as new. Nothing of it was made for a gate.
"""

import asyncio
import re
import shutil
import subprocess
import venv
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.programs import ROOT, clean_environment
from tests.support.servers import start_dev_server

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHAPTER = README.partition("## Take it home")[2].partition("\n## ")[0]
SETTINGS = re.search(r"```toml\n(.*?)```", CHAPTER, re.DOTALL)
OF_THE_PROJECT = ["pydantic", "pytest-asyncio", *(f"{n}=={version(n)}" for n in ("pytest", "temporalio"))]


class Home:
    """The other project, and the environment in which the gate is installed."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python
        self.environment = clean_environment(folder)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of that environment in the project."""
        return subprocess.run(
            [self.python.with_name(command[0]), *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The other project after the chapter's first two steps: install, three lines."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "tests" / "gate" / "home", folder, dirs_exist_ok=True)
    source = folder.with_name("source")
    shutil.copytree(ROOT / "replaygate", source, ignore=shutil.ignore_patterns("__pycache__"))
    venv.create(folder / ".venv", with_pip=True, symlinks=True)
    home = Home(folder, folder / ".venv" / "bin" / "python")
    assert "pip install" in CHAPTER
    pip = [home.python, "-m", "pip", "install", "--quiet", *OF_THE_PROJECT, str(source)]
    subprocess.run(pip, check=True, timeout=110)
    assert SETTINGS
    (folder / "pyproject.toml").write_text(SETTINGS[1])
    return home


@pytest.fixture(scope="module")
async def home(installed: Home) -> AsyncIterator[Home]:
    """The other project after the chapter's third step: its tests have kept their histories."""
    async with await start_dev_server() as server:
        address = server.client.service_client.config.target_host
        namespace = server.client.namespace
        installed.environment |= {"TEMPORAL_ADDRESS": address}
        worker = await asyncio.create_subprocess_exec(
            str(installed.python), "worker.py", cwd=installed.folder, env=installed.environment
        )
        command = ("pytest", "test_order.py", "--keep-histories", "histories", "-p", "no:cacheprovider")
        assert namespace
        kept = await asyncio.to_thread(installed.run, *command)
        worker.kill()
        await worker.wait()
    assert kept.returncode == 0, kept.stdout + kept.stderr
    (installed.folder / "test_order.py").unlink()  # it needs that server
    del installed.environment["TEMPORAL_ADDRESS"]
    yield installed
