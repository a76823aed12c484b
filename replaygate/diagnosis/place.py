"""Finds the line of Workflow code that a difference lies in."""

from collections.abc import Sequence

from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.changes import Cause
from replaygate.diagnosis.comparison import Difference
from replaygate.diagnosis.expectation import Expected
from replaygate.diagnosis.testimony import Testimony
from replaygate.events import attributes_of, origins_of, type_of
from replaygate.verdict import Frame


def line_of(
    command: Expected | None,
    cause: Cause,
    difference: Difference,
    testimony: Testimony,
    events: Sequence[HistoryEvent],
) -> tuple[Frame, ...]:
    """Return the line that gave the Command that differs; else where the code raised or waits."""
    for one in (cause.command, command):
        if one and one.given.frames:
            return one.given.frames
    if command:
        return testimony.raised_at
    woken = functions_woken(difference, events)
    waiting = [frames for frames in testimony.stood_at if frames]
    ended = [(frame,) for frame in reversed(testimony.ended_early)]
    for function in woken:
        for frames in (*waiting, *ended):
            if frames[0].function == function:
                return frames
    return waiting[0] if waiting else ()


def functions_woken(difference: Difference, events: Sequence[HistoryEvent]) -> list[str]:
    """Name the functions, outermost first, that the Workflow Task of the difference went on in.

    They gave what was resolved right before it, or handle the Signal or Update that came then;
    those that gave the last Commands come after them.
    """
    gave = {recorded.event.event_id: one.given.frames for recorded, one in difference.matched}
    functions = []
    for event in task_before(difference, events):
        told = attributes_of(event)
        handled = getattr(told, "signal_name", "")
        if type_of(event) == "WorkflowExecutionUpdateAccepted":
            handled = told.accepted_request.input.name
        frames = next((gave[id] for id in origins_of(told) if gave.get(id)), ())
        functions.append(frames[0].function if frames else handled)
    last = [frames[0].function for frames in reversed(gave.values()) if frames]
    return [*filter(None, functions), *last[:1]]


def task_before(difference: Difference, events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
    """Return the Events from the last Workflow Task but one up to the one that differs."""
    end = difference.recorded.event.event_id - 1 if difference.recorded else len(events)
    completed = [e.event_id for e in events[:end] if type_of(e) == "WorkflowTaskCompleted"]
    start = completed[-2] if len(completed) > 1 else 0
    return list(events[start:end])
