"""Copies of the project, with its recordings, in which the gate runs."""

import shutil

import pytest

from tests.recordings.scenarios import HISTORIES
from tests.support.programs import Project


@pytest.fixture
def gate(project: Project) -> Project:
    """The project with its recordings, where nobody has asked for colours."""
    shutil.copytree(HISTORIES, project.directory / "histories")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        project.environment.pop(name, None)
    return project
