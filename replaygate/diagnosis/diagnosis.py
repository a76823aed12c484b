"""Says where Workflow code and a history part: the Event, the Command, the line, the likely cause.

Pure functions of what the history holds and of what the witness took down.
"""

from collections.abc import Collection, Sequence

from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.cause import likely_cause
from replaygate.diagnosis.changes import Cause, Names
from replaygate.diagnosis.comparison import Difference, compare
from replaygate.diagnosis.cut_off import lost_commands
from replaygate.diagnosis.expectation import Expected, core_flags, expectation
from replaygate.diagnosis.failing import failed_task, lost_task, readable
from replaygate.diagnosis.parting import event_of, given_in_its_place, named_in
from replaygate.diagnosis.place import line_of
from replaygate.diagnosis.recorded import recorded_steps
from replaygate.diagnosis.step import PATCH
from replaygate.diagnosis.testimony import Testimony
from replaygate.diagnosis.wording import command_text, event_text
from replaygate.events import CLOSING, command_of, row, type_of
from replaygate.verdict import Diagnosis

__all__ = ["diagnose", "lost_commands", "readable", "reason"]

CONTEXT = 3  # Events before and behind the one that differs


def diagnose(
    events: Sequence[HistoryEvent],
    testimony: Testimony,
    sdk: str,
    mismatch: bool,
    *,
    hide_values: bool = False,
    asked_patches: Collection[str] = (),
    beyond: bool = False,
) -> Diagnosis:
    """Say why code does not fit a history.

    ``mismatch`` tells that Commands differ (TMPRL1100); otherwise the code failed its Workflow
    Task. With ``hide_values``, nothing that the code made of values is said.
    ``asked_patches`` are the ids of patches that the code asked for in vain. ``beyond`` tells that
    the code failed behind the Workflow Tasks that were completed.
    """
    if not mismatch:
        return failed_task(events, testimony, sdk, beyond, hide_values)
    given = (*testimony.given, *testimony.afterwards)
    expected = expectation(given, events)
    named = named_in(sdk)
    recorded = recorded_steps(events)
    difference = compare(recorded, expected.steps, core_flags(events), named)
    code_ends = any(one.step.kind in CLOSING for one in expected.steps)
    code_ends = code_ends and not testimony.ran_out
    names = Names({one.step.name for one in recorded}, asked_patches)
    cause = likely_cause(difference, expected, code_ends, names, hide_values)
    event = event_of(difference, events, named)
    command = given_in_its_place(difference, testimony)
    if testimony.lost and not command:
        return lost_task(testimony.lost, sdk, hide_values)
    return Diagnosis(
        event_id=event.event_id if event else 0,
        event_type=type_of(event) if event else "",
        event=event_words(event, difference, command),
        context=context(events, event),
        command_type=command_of(command.given.command) if command else "",
        command=command_text(command, difference.recorded, hide_values) if command else "",
        did=did(command, difference, cause, hide_values),
        stood_at=line_of(command, cause, difference, testimony, events),
        cause=cause.words,
        patch=patch_of(difference),
        sdk=readable(sdk),
    )


def reason(diagnosis: Diagnosis) -> str:
    """Say in one line what differs."""
    if not diagnosis.event_id:
        return f"the code {diagnosis.did}"
    return f"Event {diagnosis.event_id} is {diagnosis.event}, and the code {diagnosis.did}"


def event_words(
    event: HistoryEvent | None, difference: Difference, command: Expected | None
) -> str:
    """Return type and detail of the Event that differs."""
    if difference.recorded:
        return event_text(difference.recorded, command)
    return type_of(event) if event else ""


def did(command: Expected | None, difference: Difference, cause: Cause, hide_values: bool) -> str:
    """Say what the code did in place of the Event."""
    if command:
        return f"gave {command_text(command, difference.recorded, hide_values)}"
    if cause.command and "cancelled in" in cause.words:
        return f"gave {command_text(cause.command, None, hide_values)} and cancelled it at once"
    return "gave no Command"


def patch_of(difference: Difference) -> str:
    """Return the id of the patch that the code does not ask for any more, if it is that."""
    step = difference.recorded.step if difference.recorded else None
    return step.name if step and step.kind == PATCH else ""


def context(events: Sequence[HistoryEvent], event: HistoryEvent | None) -> tuple[str, ...]:
    """Return the rows of the Events around this one."""
    if not event:
        return ()
    at = event.event_id - 1
    return tuple(row(one) for one in events[max(0, at - CONTEXT) : at + CONTEXT + 1])
