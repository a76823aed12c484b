"""Real Temporal servers for the tests, and a copy of the programs to run on them."""

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from connection import runtime
from plumbing import environment
from tests.support import zygote
from tests.support.programs import OURS, ROOT, Project, compiled, scratch
from tests.support.servers import create_namespace, start_dev_server, start_time_skipping

collect_ignore = ["gate/home"]  # another project, whose tests run in an environment of its own

# What a developer has configured is for the developer's programs, not for the tests.
for name in [name for name in os.environ if name.startswith(OURS)]:
    del os.environ[name]
environment.ENV_FILE = Path(os.devnull)
os.environ[environment.CHOICE] = os.devnull
os.environ.setdefault("GOGC", "400")  # dev servers have the memory, and the tests not the time
os.environ["TEMPORAL_CONFIG_FILE"] = str(ROOT / "tests" / "support" / "nobodys.toml")


def pytest_xdist_auto_num_workers() -> int:
    """Let ``-n auto`` run two tests for each core: much of what they do is wait."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
async def dev_server() -> AsyncIterator[WorkflowEnvironment]:
    """The dev server that tests share; each uses a Task Queue and a Workflow Id of its own."""
    async with await start_dev_server() as environment:
        yield environment


@pytest.fixture(scope="session", autouse=True)
def leave_nothing() -> Iterator[None]:
    """Remove in the end what programs were made from and have left, and their process."""
    yield
    if zygote.shared.cache_info().currsize:
        zygote.shared().close()
    for folder in (compiled, scratch):
        if folder.cache_info().currsize:
            shutil.rmtree(folder(), ignore_errors=True)  # some may still be ending there


@pytest.fixture
def client(dev_server: WorkflowEnvironment) -> Client:
    return dev_server.client


@pytest.fixture
async def own_dev_server() -> AsyncIterator[WorkflowEnvironment]:
    """A dev server of the test's own, for what would disturb the others."""
    async with await start_dev_server() as environment:
        yield environment


@pytest.fixture
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    async with await start_time_skipping() as environment:
        yield environment


@pytest.fixture
def fresh_id() -> str:
    """A Task Queue's or Workflow Execution's name that no other test uses."""
    return f"test-{uuid.uuid4()}"


@pytest.fixture
async def own_client(client: Client, project: Project, fresh_id: str) -> Client:
    """A client in a namespace of the test's own, where the programs find the one Task Queue."""
    await create_namespace(Client(client.service_client, namespace=fresh_id))
    address = client.service_client.config.target_host
    project.serve_at(address)
    project.environment["TEMPORAL_NAMESPACE"] = fresh_id
    return await Client.connect(address, namespace=fresh_id, runtime=runtime())


@pytest.fixture
async def project(tmp_path: Path) -> AsyncIterator[Project]:
    """A copy of the programs to run, in an environment of its own; it ends what the test leaves."""
    project = Project(tmp_path)
    yield project
    await project.close()
