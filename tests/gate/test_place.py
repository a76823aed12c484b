"""The line that a difference lies in."""

from dataclasses import replace

import pytest
from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis import testimony
from replaygate.diagnosis.diagnosis import diagnose
from replaygate.verdict import Frame
from tests.support.made import Giving, activity, event, history

MAIN = (Frame("flows.py", 10, "run"),)
ASIDE = (Frame("flows.py", 20, "aside"), Frame("do.py", 1, "act"))
STEP = (Frame("flows.py", 30, "step"),)
SDK = "[TMPRL1100] Nondeterminism error: No command scheduled for event HistoryEvent(id: {id}, x)"


def line(
    events: list[HistoryEvent], given: testimony.Given, tasks: tuple[tuple[Frame, ...], ...]
) -> tuple[Frame, ...]:
    """Return the line shown where the code gave no Command for the last Event."""
    seen = testimony.Testimony(given=(given,), stood_at=tasks)
    return diagnose(events, seen, SDK.format(id=len(events)), True).stood_at


@pytest.mark.parametrize(
    ("frames", "expected"),
    [pytest.param(MAIN, MAIN, id="main"), pytest.param(ASIDE, ASIDE, id="child-task")],
)
def test_the_task_that_went_on(frames: tuple[Frame, ...], expected: tuple[Frame, ...]) -> None:
    """Of several waiting tasks, the one is shown whose Activity had just ended."""
    ended = event("activity_task_completed", scheduled_event_id=5)
    events = history([activity("say"), ended], [activity("sing", "2")])
    given = replace(Giving().activity(3, "say"), frames=frames)
    assert line(events, given, (STEP, MAIN, ASIDE)) == expected


def test_the_handler_of_a_signal() -> None:
    """Of several waiting tasks, the handler is shown whose Signal had just come."""
    signalled = event("workflow_execution_signaled", signal_name="step")
    events = history([activity("say"), signalled], [activity("sing", "2")])
    given = replace(Giving().activity(3, "say"), frames=MAIN)
    assert line(events, given, (MAIN, ASIDE, STEP)) == STEP


def test_nowhere() -> None:
    """Where no task waits, no line is shown."""
    events = history([activity("say")], [activity("sing", "2")])
    assert line(events, Giving().activity(3, "say"), ()) == ()
