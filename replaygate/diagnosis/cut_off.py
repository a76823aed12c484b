"""Finds out whether a history was cut off behind its last Workflow Task."""

from collections.abc import Sequence

from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.comparison import compare
from replaygate.diagnosis.expectation import Expected, core_flags, expectation
from replaygate.diagnosis.recorded import recorded_steps
from replaygate.diagnosis.step import LOCAL_ACTIVITY, PATCH
from replaygate.diagnosis.testimony import Testimony
from replaygate.events import CLOSED_BY_COMMAND, command_of, type_of


def lost_commands(events: Sequence[HistoryEvent], testimony: Testimony) -> str:
    """Name the Commands without which the last Workflow Task can't have been completed.

    The Temporal Service records all Commands of a Workflow Task at once. Replay doesn't miss them
    at the end, where somebody may have cut the history off, or cut out what stood before the
    Service's own end of the Execution.
    """
    completed = [event.event_id for event in events if type_of(event) == "WorkflowTaskCompleted"]
    if not completed or type_of(events[-1]) in CLOSED_BY_COMMAND:
        return ""
    expected = expectation(testimony.given, events).steps
    left = compare(recorded_steps(events), expected, core_flags(events), 0)
    if left.recorded:
        return ""
    lost = [one for one in left.commands_left if one.given.known <= completed[-1] and leaves(one)]
    return ", ".join(dict.fromkeys(command_of(one.given.command) for one in lost))


def leaves(expected: Expected) -> bool:
    """Tell whether a Command leaves an Event with the Workflow Task that it is given in."""
    return expected.step.kind not in (LOCAL_ACTIVITY, PATCH)
