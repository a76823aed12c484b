"""The diagnosis of a history that does not replay: what differs, the line, the likely cause."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from replaygate.diagnosis import testimony
from replaygate.diagnosis.diagnosis import diagnose, reason
from replaygate.verdict import Diagnosis, Frame
from tests.recordings.scenarios import RECORDINGS
from tests.support import diagnosed, mutants, versions
from tests.support.made_up import told_while_it_slept
from tests.support.programs import ROOT
from tests.support.replays import diagnosis_of

HISTORIES = Path(__file__).with_name("histories")
MUTANTS, DIAGNOSED = "tests/support/mutants.py", "tests/support/diagnosed.py"


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are shown as seen from the current folder."""
    monkeypatch.chdir(ROOT)


def recording(name: str) -> list[HistoryEvent]:
    """Read one of today's recordings."""
    text = RECORDINGS[f"{name}.python-1.35.0"].path.read_text(encoding="utf-8")
    return list(WorkflowHistory.from_json(name, json.loads(text)).events)


def frame(file: str, code: Callable[..., Any], words: str) -> Frame:
    """Return the frame of the one line in this code that holds these words."""
    lines, first = inspect.getsourcelines(code)
    (offset,) = (number for number, source in enumerate(lines) if words in source)
    return Frame(file, first + offset, code.__name__, lines[offset].strip())


async def test_another_command() -> None:
    """Where Commands differ, the Event, the Command, the line and the Events around are shown."""
    told = await diagnosis_of(recording("timer"), mutants.SleepRemoved)
    rows = [row.split() for row in told.context]
    assert [int(row[0]) for row in rows] == [2, 3, 4, 5, 6, 7, 8]
    assert rows[3][2:] == ["TimerStarted", "60s"]
    assert told == Diagnosis(
        event_id=5,
        event_type="TimerStarted",
        event="TimerStarted 60s",
        context=told.context,
        command_type="ScheduleActivityTask",
        command="ScheduleActivityTask ssn_trace_activity",
        did="gave ScheduleActivityTask ssn_trace_activity",
        stood_at=(
            frame(MUTANTS, mutants.SleepRemoved.run, "trace(ssn)"),
            frame(MUTANTS, mutants.trace, "execute_activity"),
        ),
        cause="a Timer was removed",
        sdk="[TMPRL1100] Nondeterminism error: Activity machine does not handle this event: "
        "HistoryEvent(id: 5, TimerStarted)",
    )
    assert reason(told) == (
        "Event 5 is TimerStarted 60s, and the code gave ScheduleActivityTask ssn_trace_activity"
    )


async def test_no_command() -> None:
    """Where the code gives no Command for an Event, the line that it waits at is shown."""
    told = await diagnosis_of(recording("timer"), diagnosed.WaitsForever)
    assert (told.event_id, told.command, told.did) == (5, "", "gave no Command")
    assert told.stood_at == (frame(DIAGNOSED, diagnosed.WaitsForever.run, "wait_condition"),)
    assert told.cause == "a Timer was removed, or the code waits before it gets there"


async def test_an_early_end() -> None:
    """Where the code completes too early, the line at which it returns is shown."""
    told = await diagnosis_of(recording("timer"), mutants.ActivityRemoved)
    assert (told.event_id, told.did) == (10, "gave CompleteWorkflowExecution")
    assert told.stood_at == (frame(MUTANTS, mutants.ActivityRemoved.run, "return"),)
    assert told.cause == "the Activity ssn_trace_activity was removed"


async def test_an_exception() -> None:
    """Where the code fails its Workflow Task, the line that raised is shown, and no Event."""
    told = await diagnosis_of(recording("timer"), mutants.RaisesAtTheEnd)
    assert told == Diagnosis(
        did="raised ValueError: no such person",
        stood_at=(frame(MUTANTS, mutants.RaisesAtTheEnd.run, "raise"),),
        cause="the code fails where it went on before",
        sdk=told.sdk,
    )
    assert reason(told) == "the code raised ValueError: no such person"


async def test_what_is_no_exception() -> None:
    """What the SDK does not catch is named, and the line that raised it, not a missing Command."""
    told = await diagnosis_of(recording("timer"), diagnosed.RaisesNoException)
    assert told.did.startswith("raised Lost: ")
    assert told.did.endswith(", which is no Exception, so that the Workflow neither fails nor ends")
    assert (told.event_id, told.cause) == (0, "the code fails where it went on before")
    assert told.stood_at == (
        frame(DIAGNOSED, diagnosed.RaisesNoException.run, "gather"),
        frame(DIAGNOSED, diagnosed.RaisesNoException.fail, "raise"),
    )


async def test_a_line_in_a_helper() -> None:
    """The calls that led to the line that gave the Command are shown, outermost first."""
    told = await diagnosis_of(recording("no-timer"), diagnosed.SleepsInHelper)
    assert told.stood_at == (
        frame(DIAGNOSED, diagnosed.SleepsInHelper.run, "rest()"),
        frame(DIAGNOSED, diagnosed.rest, "asyncio.sleep"),
    )


@pytest.mark.parametrize(
    ("name", "definition", "cause"),
    [
        pytest.param("timer", mutants.TimerAdded, "a Timer was added", id="timer-added"),
        pytest.param(
            "timer",
            mutants.ActivityTwice,
            "the Activity ssn_trace_activity was added",
            id="activity-twice",
        ),
        pytest.param(
            "timer",
            mutants.ActivityTypeSwitched,
            "the Activity ssn_trace_activity was renamed to criminal_record_activity, "
            "or exchanged for it",
            id="another-type",
        ),
        pytest.param(
            "timer",
            mutants.FailsAtTheEnd,
            "the Workflow ends in another way: it fails where it completes",
            id="another-end",
        ),
        pytest.param(
            "timer",
            mutants.SleepAndActivitySwapped,
            "a Timer and the Activity ssn_trace_activity changed places",
            id="reordered",
        ),
        pytest.param(
            "timer",
            mutants.LocalActivityInstead,
            "the Activity ssn_trace_activity became a Local Activity",
            id="local-instead",
        ),
        pytest.param("no-timer", mutants.SleepAlways, "a Timer was added", id="sleep-always"),
        pytest.param(
            "timer",
            mutants.InputTypeInt,
            "the Workflow's input has another type in the code than when it was recorded",
            id="input",
        ),
    ],
)
async def test_the_likely_cause(name: str, definition: type, cause: str) -> None:
    """The likely cause is the change that was made to the code."""
    assert (await diagnosis_of(recording(name), definition)).cause == cause


def failed(failure: Failure, hide_values: bool = False) -> Diagnosis:
    """Diagnose a Workflow Task that failed so."""
    sdk = f'Failure {{ message: "{failure.message}" }}'
    return diagnose(
        recording("timer"),
        testimony.Testimony(failure=failure),
        sdk,
        False,
        hide_values=hide_values,
    )


def test_a_failure_without_a_message() -> None:
    """A failure that says nothing is named by its type, not by a dump of it."""
    failure = Failure(stack_trace='File "x.py", line 1')
    failure.application_failure_info.type = "ValueError"
    assert failed(failure).did == "raised ValueError"


def test_a_failure_of_hidden_values() -> None:
    """Where a codec hides values, only the type of a failure is told, here and by the SDK."""
    failure = Failure(message="no person with 555-55-5555")
    failure.application_failure_info.type = "ValueError"
    assert failed(failure).did == "raised ValueError: no person with 555-55-5555"
    assert "555" not in str(failed(failure, hide_values=True))
    assert failed(failure, hide_values=True).did == "raised ValueError"


async def test_the_words_of_the_sdk_are_capped() -> None:
    """However much the SDK says, the diagnosis holds the first 2,000 characters of it."""
    told = diagnose(recording("timer"), testimony.Testimony(), "[TMPRL1100] " + "x" * 10**6, True)
    assert len(told.sdk) == 2_003


async def test_a_patch_without_a_marker() -> None:
    """Where the code leads past a step because the history has no Marker, the patch is named."""
    told = await diagnosis_of(recording("timer"), versions.Patched)
    patch = "or stands behind the patch sleep-added, which has no Marker here"
    assert (told.cause, told.patch) == (f"a Timer was removed, {patch}", "")


async def test_a_patch_that_is_gone() -> None:
    """The patch is named whose Marker the history holds, and which no call asks for any more."""
    patched = (HISTORIES / "patches.json").read_text(encoding="utf-8")
    events = list(WorkflowHistory.from_json("patches", patched).events)
    told = await diagnosis_of(events, diagnosed.PatchGone)
    assert (told.event, told.patch) == ("MarkerRecorded patch greet", "greet")


async def test_a_state_machine_that_breaks() -> None:
    """Where Core's state machine of what code cancelled breaks, the code is at fault."""
    events = WorkflowHistory.from_json("made-up", told_while_it_slept()).events
    diagnosis = await diagnosis_of(events, diagnosed.WaitsForASignal)
    assert "TimerMachine in state CancelTimer" in diagnosis.sdk
    assert (diagnosis.event, diagnosis.command) == ("TimerFired", "CancelTimer")
    assert diagnosis.cause == "the cancellation of a Timer was added"
