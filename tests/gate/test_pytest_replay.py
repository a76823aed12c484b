"""The fixture ``replay``: a test of a Workflow replays what it has just run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support import theirs
from tests.support.foreign import GATE, PYTEST, Foreign

pytest_plugins = ["pytester"]

THEIRS = Path(*theirs.__path__)
WORKFLOWS = "from backgroundcheck import BackgroundCheck\nWORKFLOWS = [BackgroundCheck]\n"


@pytest.fixture
def foreign(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """A project with the fixture, and a Worker that serves our Workflow."""
    foreign = Foreign(pytester, monkeypatch)
    foreign.write("pyproject.toml", GATE + PYTEST)
    foreign.write("serves.py", WORKFLOWS)
    copy(foreign, "left.py", "tests/test_own.py")
    return foreign


@pytest.fixture
def served(foreign: Foreign, monkeypatch: pytest.MonkeyPatch, client: Client) -> Foreign:
    """The project with Workflows that it runs by itself."""
    monkeypatch.setenv("ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("NAMESPACE", client.namespace)
    copy(foreign, "flows.py", "serves.py")
    copy(foreign, "fixtures.py", "tests/conftest.py")
    copy(foreign, "replayed.py", "tests/test_own.py")
    return foreign


def copy(foreign: Foreign, name: str, to: str) -> None:
    """Copy a file of theirs, which then imports what lies beside it there."""
    text = (THEIRS / name).read_text(encoding="utf-8")
    text = text.replace("tests.support.theirs.flows", "serves")
    foreign.write(to, text.replace("tests.support.theirs.fixtures", "conftest"))


def kept(foreign: Foreign, names: str) -> dict[str, str]:
    """Return the type of the last Event in each file of these names that was kept."""
    files = (foreign.path / "kept").glob(names)
    return {file.name: json.loads(file.read_text())["events"][-1]["eventType"] for file in files}


def test_what_can_not_be_replayed(foreign: Foreign) -> None:
    """What is no handle and no history is named."""
    foreign.write("tests/test_own.py", "async def test_one(replay):\n    await replay('order-1')\n")
    found = foreign.pytest("tests", "-o", "asyncio_mode=auto")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*TypeError: replay takes a WorkflowHandle*, not 'order-1'"])


def test_what_was_run_is_replayed(served: Foreign) -> None:
    """A test fails with the diagnosis of what it ran, without a traceback, and costs no other.

    Each run that is replayed is kept, none is overwritten, and the gate can read them.
    """
    keeping = ("--keep-histories", "kept")
    found = served.pytest("-v", *keeping)
    found.assert_outcomes(passed=4, failed=3)
    for name in ("forgets", "ends", "not_begun"):
        found.stdout.fnmatch_lines([f"*::test_{name} FAILED*"])
    found.stdout.fnmatch_lines(
        [
            "_* test_forgets _*",
            "theirs-* (run id *): Forgets is incompatible with this Event History.",
            "  The code           gave CompleteWorkflowExecution*",
            "_* test_ends _*",
            "theirs-* (run id *): not verified.",
            "  Reason             code of the Worker ended the process, with status 3",
            "_* test_not_begun _*",
            "theirs-* nothing was replayed, because no Workflow Task was completed",
        ]
    )
    assert not re.search(r"Traceback|^>|\.py:\d+: Failed", found.stdout.str(), re.MULTILINE)
    before = kept(served, "test_*")
    assert "test_history.json" in before  # that test has gone to another folder
    served.pytest(*keeping, "-k", "chain or one_run").assert_outcomes(passed=2, deselected=5)
    assert before.items() < kept(served, "test_*").items()
    continued = "EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW"
    completed = "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED"
    assert kept(served, "test_chain*") | kept(served, "test_one_run*") == {
        "test_chain.json": continued,
        "test_chain-2.json": completed,
        "test_chain-3.json": continued,
        "test_chain-4.json": completed,
        "test_one_run.json": continued,
        "test_one_run-2.json": continued,
    }
    chains = sorted(map(str, (served.path / "kept").glob("test_[co]*")))
    command = [sys.executable, "-m", "replaygate", "check", *chains]
    gate = subprocess.run(command, cwd=served.path, capture_output=True, text=True, check=False)
    assert gate.stdout.startswith("6 replay, 0 incompatible, 0 not verified")


@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_the_loop_goes_on(foreign: Foreign, mode: str) -> None:
    """While a history is replayed the test's loop runs, and a replay that is left ends at once.

    Whatever a test is named, its history is kept in that folder, in a file of its own.
    """
    keeping = ("--keep-histories", "kept") if mode == "auto" else ()
    foreign.pytest("-o", f"asyncio_mode={mode}", *keeping).assert_outcomes(passed=5)
    if keeping:
        assert len(kept(foreign, "test_afterwards*")) == len(kept(foreign, "*")) - 1 == 4


def test_which_worker(foreign: Foreign) -> None:
    """Without a Worker the fixture says what to set."""
    foreign.write("pyproject.toml", PYTEST)
    found = foreign.pytest("-k", "loop")
    found.assert_outcomes(errors=1, deselected=4)
    found.stdout.fnmatch_lines(["*which Worker?*replaygate_worker = *"])
