"""What a codec hides from the Temporal Service, the gate does not tell, whatever is wrong."""

from pathlib import Path

import pytest

from tests.recordings.keys import TEST_KEY
from tests.recordings.scenarios import SSN
from tests.support.gate import put
from tests.support.programs import GATE, Project, status

RECORDING = "no-timer-encrypted.python-1.35.0.json"
RUN = "return await workflow.execute_activity("
LINE = "random_number = workflow.random().randint(1, 100)"
KEY = {"BACKGROUNDCHECK_ENCRYPTION_KEYS": TEST_KEY}


def first(code: str) -> tuple[str, str]:
    """Put a statement before all others."""
    return LINE, f"{code}\n        {LINE}"


# How code makes something of a hidden value, and the exit status with --strict. What it makes a
# name or an id of is no secret: no codec hides these from the Temporal Service.
CHANGES = {
    "result": (RUN, "return ssn + await workflow.execute_activity(", 1),
    "exception": (*first("raise ValueError(ssn)"), 1),
    "failure": (*first("from temporalio.exceptions import ApplicationError as E; raise E(ssn)"), 1),
    "argument": ("            ssn,\n", "            ssn + ssn, activity_id='other',\n", 1),
    "memo": (*first("workflow.upsert_memo({'ssn': ssn})"), 1),
    "exit": (*first("raise SystemExit(ssn)"), 1),
    "print": (*first("print(ssn); workflow.logger.error(ssn)"), 0),
}


@pytest.fixture
def encrypted(gate: Project) -> Project:
    """A project that has the key of its one recording."""
    put(gate, RECORDING)
    gate.environment |= KEY
    return gate


@pytest.mark.parametrize("name", CHANGES)
async def test_no_output_tells_it(encrypted: Project, tmp_path: Path, name: str) -> None:
    """Neither text, annotations, the summary of a step, JUnit nor JSON holds the value."""
    was, now, expected = CHANGES[name]
    encrypted.change("backgroundcheck.py", was, now)
    summary, junit = tmp_path / "summary.md", tmp_path / "junit.xml"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    options = ["given", "--strict", "--timeout", "20"]
    text = await encrypted.run(*GATE, *options, "--junitxml", str(junit), **github)
    document = await encrypted.run(*GATE, *options, "--json")
    assert (status(text), status(document)) == (expected, expected), text
    files = (summary.read_text(encoding="utf-8"), junit.read_text(encoding="utf-8"))
    for said in (text.out, text.err, document.out, document.err, *files):
        assert SSN not in said


@pytest.mark.parametrize("name", ["result", "exception", "failure", "exit"])
async def test_it_may_be_shown(encrypted: Project, name: str) -> None:
    """Whoever asks for values gets them, so the test above can fail."""
    was, now, expected = CHANGES[name]
    encrypted.change("backgroundcheck.py", was, now.replace("ssn", "'shown'", 1))
    found = await encrypted.run(*GATE, "given", "--strict", "--show-values")
    assert status(found) == expected
    assert "shown" in found.out


@pytest.mark.parametrize("name", ["result", "exception", "failure", "exit", "print"])
async def test_explain_does_not_tell_it(encrypted: Project, name: str) -> None:
    """What explains a history does not tell the value, in text or as a page."""
    was, now, _ = CHANGES[name]
    encrypted.change("backgroundcheck.py", was, now)
    (given,) = (encrypted.directory / "given").iterdir()
    page = encrypted.directory / "page.html"
    found = await encrypted.run("-m", "replaygate", "explain", str(given), "--html", str(page))
    text = await encrypted.run("-m", "replaygate", "explain", str(given))
    assert "Traceback" not in found.err + text.err
    assert text.out
    for said in (found.out, found.err, text.out, text.err, page.read_text(encoding="utf-8")):
        assert SSN not in said
