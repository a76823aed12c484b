"""What a person sees and types at a terminal: Ctrl-C while ``make`` installs."""

import asyncio
import shlex
import shutil
import sys
import time
from collections.abc import AsyncIterator

import pytest

from tests.support.programs import PATIENCE, ROOT, Project
from tests.support.terminal import PROMPT, Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals as in POSIX")


@pytest.fixture
async def terminal(project: Project) -> AsyncIterator[Terminal]:
    """A terminal in a project that has no environment of its own."""
    for name in ("Makefile", "requirements-run.txt"):
        shutil.copy(ROOT / name, project.directory)
    terminal = Terminal(project.directory, project.environment)
    await terminal.says(PROMPT, 0)
    yield terminal
    terminal.close()


async def test_ctrl_c_while_make_installs(terminal: Terminal, project: Project) -> None:
    """Ctrl-C while the environment is made ends that at once, without a traceback."""
    since = terminal.type(f"make .venv {shlex.quote(f'PYTHON={sys.executable}')}\n")
    begun, patience = project.directory / ".venv" / "pyvenv.cfg", time.monotonic() + PATIENCE
    while not begun.exists():
        assert time.monotonic() < patience
        await asyncio.sleep(0.01)
    terminal.type("\x03")
    await terminal.says(PROMPT, since)
    shown = terminal.data[since:].decode()
    assert "make: *** " in shown
    assert "Traceback" not in shown, shown
