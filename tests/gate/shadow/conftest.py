"""The field on which shadows run, and the Executions on it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.support.shadows import Field, fill

MANY = 60  # at least 25 for each of two slots


@pytest.fixture(scope="session")
async def field(
    dev_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Field]:
    """Executions that wait for a day, and a Worker of the build ``good``."""
    field = Field(tmp_path_factory.mktemp("field"), dev_server.client)
    await field.open()
    await asyncio.gather(fill(field.client, MANY), field.worker("good", "orders", "--jobs", "2"))
    yield field
    await field.project.close()
