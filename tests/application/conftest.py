"""A home in which nobody has configured anything; projects in which local mode runs."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from plumbing.environment import warn_once
from tests.support.programs import Project, free_port, nothing_configured
from tests.support.servers import dev_server_pid


@pytest.fixture
def nobodys_home(tmp_path: Path) -> Iterator[Path]:
    """An environment that holds nothing of the developer's, and forgets what a test puts there."""
    warn_once.cache_clear()
    with nothing_configured(tmp_path):
        yield tmp_path


@pytest.fixture
async def local(project: Project) -> AsyncIterator[Project]:
    """A project at a free port; a dev server that its programs leave behind ends with the test."""
    project.serve_at(f"127.0.0.1:{free_port()}")
    yield project
    await put_away(project)


@pytest.fixture
async def second(local: Project) -> AsyncIterator[Project]:
    """Another copy of the project, in a folder of its own, at the same port."""
    elsewhere = local.directory.parent / "elsewhere"
    elsewhere.mkdir()
    project = Project(elsewhere)
    project.serve_at(local.environment["TEMPORAL_ADDRESS"])
    yield project
    await project.close()
    await put_away(project)


async def put_away(project: Project) -> None:
    """End what local mode has left."""
    for program in project.programs:
        await program.kill()
    if pid := dev_server_pid(project):
        os.kill(pid, signal.SIGKILL)
