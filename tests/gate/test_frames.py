"""The lines of Workflow code that a diagnosis names."""

import os
from pathlib import Path, PureWindowsPath
from types import ModuleType, SimpleNamespace

import pytest
import temporalio

import replaygate
from replaygate import frames
from replaygate.frames import is_library
from tests.support.executions import SSN
from tests.support.gate import GOOD, SLEEP, counts
from tests.support.programs import GATE, Project, status


@pytest.mark.parametrize(
    ("old", "new", "stood_at"),
    [
        pytest.param(
            f"            {SLEEP}\n",
            "            pass\n",
            "return await workflow.execute_activity(",
            id="sleep-removed",
        ),
        pytest.param(
            "ssn_trace_activity,\n            ssn",
            '"ssn_trace",\n            ssn',
            "return await workflow.execute_activity(",
            id="activity-renamed",
        ),
        pytest.param(
            f'workflow.logger.info("Sleeping for 60 seconds")\n            {SLEEP}',
            "await self.rest()\n        await self.rest()\n\n"
            f"    async def rest(self) -> None:\n        {SLEEP}\n\n"
            "    async def trace(self, ssn: str) -> str:",
            SLEEP,
            id="sleep-in-helper",
        ),
        pytest.param(SLEEP, 'return "early"', 'return "early"', id="returns-early"),
        pytest.param(
            SLEEP,
            "await asyncio.gather(asyncio.sleep(60), asyncio.sleep(5))",
            "await asyncio.gather(asyncio.sleep(60), asyncio.sleep(5))",
            id="gathered",
        ),
        pytest.param(
            SLEEP,
            "await asyncio.gather(self.rest())\n\n    async def rest(self) -> None:\n        "
            "await workflow.wait_condition(lambda: False)\n\n"
            "    async def trace(self, ssn: str) -> str:",
            "await workflow.wait_condition(lambda: False)",
            id="waits-in-gathered",
        ),
        pytest.param(SLEEP, "raise KeyError(ssn[:3])", "raise KeyError(ssn[:3])", id="raises"),
        pytest.param(
            SLEEP,
            "await workflow.wait_condition(lambda: False)",
            "await workflow.wait_condition(lambda: False)",
            id="waits",
        ),
    ],
)
async def test_a_change_is_found_at_its_line(
    gate: Project, old: str, new: str, stood_at: str
) -> None:
    """A change to the Workflow Definition is refused, and the line where it stood is named."""
    gate.change("backgroundcheck.py", old, new)
    found = await gate.run(*GATE, f"histories/{GOOD}")
    assert (status(found), counts(found)) == (1, (0, 1, 0))
    source = (gate.directory / "backgroundcheck.py").read_text().splitlines()
    (number,) = (n for n, text in enumerate(source, 1) if text.strip() == stood_at)
    assert f" backgroundcheck.py:{number}  {stood_at}\n" in found.err
    assert SSN not in found.out + found.err


@pytest.mark.parametrize("of", [replaygate, temporalio, os])
def test_a_name_that_begins_alike(of: ModuleType) -> None:
    """A user's file beside the gate, the SDK or Python may begin with their names."""
    folder = Path(str(of.__file__)).parent
    assert is_library(str(folder / "inner.py"))
    assert not is_library(f"{folder}_flows.py")
    assert not is_library(f"{folder}_flows/inner.py")


def test_a_path_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is shortened where folders are parted by another sign, too."""
    here = PureWindowsPath("C:\\work")
    monkeypatch.setattr(frames, "os", SimpleNamespace(sep="\\"))
    monkeypatch.setattr(frames, "Path", SimpleNamespace(cwd=lambda: here))
    assert frames.relative("C:\\work\\flows.py") == "flows.py"
