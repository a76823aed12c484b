"""Says where Workflow code and a history part: the Event, the Command, the line, the likely cause.

Pure functions of what the history holds and of what the witness took down.
"""

import re
from collections.abc import Collection, Sequence

from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.cause import likely_cause
from replaygate.diagnosis.changes import Cause, Names
from replaygate.diagnosis.comparison import Difference, compare
from replaygate.diagnosis.cut_off import lost_commands
from replaygate.diagnosis.expectation import Expected, core_flags, expectation
from replaygate.diagnosis.failing import failed_task, readable
from replaygate.diagnosis.place import line_of
from replaygate.diagnosis.recorded import recorded_steps
from replaygate.diagnosis.testimony import Given, Testimony
from replaygate.diagnosis.wording import command_text, event_text
from replaygate.events import CLOSING, command_of, row, type_of
from replaygate.verdict import Diagnosis

__all__ = ["diagnose", "is_mismatch", "lost_commands", "readable", "reason"]

CONTEXT = 3  # Events before and behind the one that differs
NAMED = re.compile(r"(?:HistoryEvent\(id: |\bevent_id: )(\d+)")
CANCELLED = re.compile(r"in state \w*Cancel\w* says the transition is invalid")  # by the code only
INVALID = "says the transition is invalid during event"


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
        return failed_task(testimony, sdk, beyond, hide_values)
    given = (*testimony.given, *testimony.afterwards)
    expected = expectation(given, events)
    named = NAMED.search(sdk)
    recorded = recorded_steps(events)
    difference = compare(
        recorded, expected.steps, core_flags(events), int(named[1]) if named else 0
    )
    code_ends = any(one.step.kind in CLOSING for one in expected.steps)
    code_ends = code_ends and not testimony.ran_out
    names = Names({one.step.name for one in recorded}, asked_patches)
    cause = likely_cause(difference, expected, code_ends, names, hide_values)
    event = event_of(difference, events, int(named[1]) if named else 0)
    command = given_in_its_place(difference, testimony)
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
        sdk=readable(sdk),
    )


def reason(diagnosis: Diagnosis) -> str:
    """Say in one line what differs."""
    if not diagnosis.event_id:
        return f"the code {diagnosis.did}"
    return f"Event {diagnosis.event_id} is {diagnosis.event}, and the code {diagnosis.did}"


def is_mismatch(events: Sequence[HistoryEvent], testimony: Testimony, sdk: str) -> bool:
    """Tell whether Core failed because Commands differ, also where it says so in other words.

    Where an Event comes to the wrong state machine, some of them break instead of telling.
    """
    if "TMPRL1100" in sdk or CANCELLED.search(sdk):
        return True
    named = NAMED.search(sdk)
    if INVALID not in sdk or not named:
        return False
    expected = expectation(testimony.given, events).steps
    difference = compare(recorded_steps(events), expected, core_flags(events), 0)
    return (
        bool(difference.recorded) and event_of(difference, events, 0) == events[int(named[1]) - 1]
    )


def event_of(
    difference: Difference, events: Sequence[HistoryEvent], named: int
) -> HistoryEvent | None:
    """Return the Event that differs; it may be one that follows from no Command."""
    if difference.recorded:
        return difference.recorded.event
    return events[named - 1] if 0 < named <= len(events) else None


def event_words(
    event: HistoryEvent | None, difference: Difference, command: Expected | None
) -> str:
    """Return type and detail of the Event that differs."""
    if difference.recorded:
        return event_text(difference.recorded, command)
    return type_of(event) if event else ""


def given_in_its_place(difference: Difference, testimony: Testimony) -> Expected | None:
    """Return the Command that the code gave where it differs; what it did later counts not."""
    found = difference.expected or next(iter(difference.commands_left), None)
    return found if found and is_in(found.given, testimony.given) else None


def is_in(given: Given, all_given: Sequence[Given]) -> bool:
    """Tell whether this very Command is among these."""
    return any(one is given for one in all_given)


def did(command: Expected | None, difference: Difference, cause: Cause, hide_values: bool) -> str:
    """Say what the code did in place of the Event."""
    if command:
        return f"gave {command_text(command, difference.recorded, hide_values)}"
    if cause.command and "cancelled in" in cause.words:
        return f"gave {command_text(cause.command, None, hide_values)} and cancelled it at once"
    return "gave no Command"


def context(events: Sequence[HistoryEvent], event: HistoryEvent | None) -> tuple[str, ...]:
    """Return the rows of the Events around this one."""
    if not event:
        return ()
    at = event.event_id - 1
    return tuple(row(one) for one in events[max(0, at - CONTEXT) : at + CONTEXT + 1])
