"""Projects in which local mode brings a dev server along, at a port of the test's own."""

import os
import signal
from collections.abc import AsyncIterator

import pytest

from tests.support.programs import Project, free_port
from tests.support.servers import dev_server_pid


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
