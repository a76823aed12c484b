"""Each recording first is what its scenario declares, then replays on today's code."""

import json

import pytest

import codec
from connection import runtime
from replaygate.verdict import Outcome, Verdict
from tests.recordings.contents import leaks, loaded, outcome_of, run_id
from tests.recordings.draw import draw
from tests.recordings.judged import judged
from tests.recordings.scenarios import HISTORIES, RECORDINGS, Recording
from tests.recordings.those import those


def test_declared_and_recorded_are_the_same() -> None:
    """Each declared recording has its file, and each file is declared."""
    declared = {recording.path for recording in RECORDINGS.values()}
    files = {path for path in HISTORIES.rglob("*") if path.is_file()}
    assert files - {HISTORIES / "incompatible" / "README.md"} == declared


@those()
async def test_outcome(recording: Recording) -> None:
    """A recording holds the Events, the Commands, the status and the result of its scenario.

    Claims: 1, 12, 25, 27, 36
    """
    assert outcome_of(loaded(recording)) == recording.scenario.outcome


@those()
async def test_draw(recording: Recording) -> None:
    """The run id in a recording draws a number on the scenario's side of the branch."""
    assert await draw(run_id(loaded(recording)), runtime()) in recording.scenario.draws


@those()
def test_made_by(recording: Recording) -> None:
    """The SDK that a file is named for is the one that its Worker told (early ones told none)."""
    tasks = [
        event.workflow_task_completed_event_attributes
        for event in loaded(recording).events
        if event.HasField("workflow_task_completed_event_attributes")
    ]
    told = [task.sdk_metadata.sdk_version for task in tasks if task.sdk_metadata.sdk_version]
    assert told == ([] if recording.sdk in ("1.4.0", "1.10.0") else [recording.sdk])


@those()
def test_tells_nothing(recording: Recording) -> None:
    """A recording holds no identity but the fixed ones, no path, no SSN but the sample."""
    assert leaks(recording.path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("identity", "12345@a-host"),
        ("identity", "another-worker"),
        ("stackTrace", 'File "/srv/app/worker.py", line 1'),
        ("stackTrace", r"File C:\app\worker"),
        ("message", "900-12-3456 is unknown"),
        ("input", {"metadata": {}, "data": "IjkwMC0xMi0zNDU2Ig=="}),
    ],
    ids=["host", "identity", "path", "windows path", "ssn", "ssn in a payload"],
)
def test_leaks_are_found(key: str, value: object) -> None:
    """Where a recording would tell who made it, or whom it is about, that string is found."""
    assert leaks(json.dumps({"events": [{key: value, "workerId": "fine"}]}))


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    """What the gate says of each recording, by its name."""
    keys = {recording.scenario.keys for recording in RECORDINGS.values()} - {""}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(codec.VARIABLE, ",".join(keys))
        return judged(RECORDINGS.values())


@those(replays=True)
def test_replays(recording: Recording, verdicts: dict[str, Verdict]) -> None:
    """Today's code replays the recording, and comes to the recorded result.

    Claims: 8, 11
    """
    verdict = verdicts[recording.name]
    assert (verdict.outcome, verdict.reason, verdict.differs) == (Outcome.REPLAYS, "", "")


def test_refused(verdicts: dict[str, Verdict]) -> None:
    """What is declared not to replay on today's code does not.

    Claims: 9
    """
    for recording in RECORDINGS.values():
        if not recording.scenario.replays:
            assert verdicts[recording.name].outcome is Outcome.INCOMPATIBLE, recording.name
