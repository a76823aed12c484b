"""Names the likely change to the code that led to a difference, in Temporal's words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from replaygate.alignment import Change, Edit, align, is_counted, is_local_now
from replaygate.comparison import Difference
from replaygate.events import CLOSING
from replaygate.expectation import Expectation, Expected
from replaygate.steps import ACCEPTED, PATCH, UPDATED, Step
from replaygate.wording import failure_of, noun

UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NUMBER = re.compile(r"[0-9a-f]*\d[0-9a-f]*", re.IGNORECASE)
DRAWS = "a random number or uuid4 was added or removed before it"
ENDS = {
    "WorkflowExecutionCompleted": "completes",
    "WorkflowExecutionFailed": "fails",
    "WorkflowExecutionCanceled": "is cancelled",
    "WorkflowExecutionContinuedAsNew": "continues as new",
}


@dataclass(frozen=True)
class Cause:
    """A likely cause, and the Command that it lies in, if one does."""

    words: str
    command: Expected | None = None


def likely_cause(
    difference: Difference,
    expectation: Expectation,
    ends: tuple[bool, bool],
    names: frozenset[str],
) -> Cause:
    """Name the likely cause of a difference.

    ``ends`` tells whether the Execution was closed and whether the code ended; ``names`` are those
    that the history holds.
    """
    was = [one.step for one in difference.events_left]
    now = [one.step for one in difference.commands_left]
    special = of_an_update(difference, expectation) or of_a_cancellation(difference, expectation)
    if special:
        return special
    changes = align(was, now, *ends)
    if not changes:
        return Cause(of_an_id(difference))
    first = changes[0]
    command = difference.commands_left[first.at] if first.at is not None else None
    if first.now and first.now.kind == "WorkflowExecutionFailed" and command:
        return Cause(of_an_exception(first, command), command)
    if not now and not ends[1]:
        return Cause(f"{noun(was[0])} was removed, or the code waits before it gets there")
    return Cause(of_changes(changes, names), command)


def of_an_update(difference: Difference, expectation: Expectation) -> Cause | None:
    """Name the cause where an Update is answered in another way."""
    if not difference.recorded or difference.recorded.step.kind not in (ACCEPTED, UPDATED):
        return None
    step = difference.recorded.step
    rejected = [one for one in expectation.rejected if one.step.id == step.id]
    if rejected:
        said = rejected[0].given.command.update_response.rejected.message
        gone = "expected but not found" in said
        what = "was removed" if gone else "has a validator that rejects it now"
        return Cause(f"the handler of Update {step.name} {what}")
    answers = {one.step.id for one in difference.commands_left if one.step.kind == UPDATED}
    if step.kind == UPDATED and step.id not in answers:
        return Cause(f"the handler of Update {step.name} does not end where it ended")
    return None


def of_a_cancellation(difference: Difference, expectation: Expectation) -> Cause | None:
    """Name the cause where something is cancelled at once, or abandoned."""
    if not difference.recorded:
        return None
    step, event_id = difference.recorded.step, difference.recorded.event.event_id
    for one in expectation.withdrawn:
        if one.given.known < event_id and (one.step.kind, one.step.name) == (step.kind, step.name):
            words = f"{noun(step)} is cancelled in the Workflow Task that asks for it"
            return Cause(f"{words}, so that it leaves no Event", one)
    for one in expectation.abandoned:
        if "Cancel" in step.kind and (one.step.name, one.step.id) == (step.name, step.id):
            words = "has the cancellation type ABANDON now, which sends no request"
            return Cause(f"{noun(one.step)} {words}")
    return None


def of_an_id(difference: Difference) -> str:
    """Name the cause where the steps are the same, but for an id that the SDK counts."""
    if not difference.recorded or not difference.expected:
        return "no Command of the code leads to this Event: the history comes from other code"
    return another_id(difference.recorded.step, difference.expected.step)


def another_id(was: Step, now: Step) -> str:
    """Name the cause where only ids differ."""
    if is_counted(was, now):
        return "a step was added or removed before, which shifts the ids that the SDK counts"
    if UUID.fullmatch(was.id) and UUID.fullmatch(now.id):
        return f"the id of {noun(was)} is random, and {DRAWS}"
    words = f"the id {was.id!r} of {noun(was)} became {now.id!r}"
    if shape(was.id) == shape(now.id) and NUMBER.search(was.id):
        return f"{words}; or it is made of a random number, and {DRAWS}"
    return words


def shape(id: str) -> str:
    """Return an id with its numbers left out."""
    return NUMBER.sub("#", UUID.sub("#", id))


def of_an_exception(first: Change, command: Expected) -> str:
    """Name the cause where the code fails the Workflow."""
    failure = failure_of(command)
    if first.was and first.was.kind in CLOSING:
        return f"the Workflow ends in another way: it fails where it {ENDS[first.was.kind]}"
    return f"the code raises {failure} where it went on before"


def of_changes(changes: Sequence[Change], names: frozenset[str]) -> str:
    """Put the first edit into words, with those right behind it that are of its kind."""
    first = changes[0]
    was, now = first.was, first.now
    match first.edit:
        case Edit.REMOVED | Edit.ADDED:
            return added_or_removed(changes)
        case Edit.SWAPPED if was and now:
            return f"{noun(was)} and {noun(now)} changed places"
        case Edit.MOVED if was:
            return f"{noun(was)} was moved"
    assert was
    assert now
    return exchanged(was, now, names)


def added_or_removed(changes: Sequence[Change]) -> str:
    """Name the steps that were added, or those that were removed."""
    edit = changes[0].edit
    steps = [change.now or change.was for change in changes if change.edit is edit]
    listed = list(dict.fromkeys(noun(step) for step in steps if step and step.kind not in CLOSING))
    if not listed:
        return "the Workflow ends where it went on before, or goes on where it ended"
    if steps[0] and steps[0].kind == PATCH and edit is Edit.REMOVED:
        return f"{listed[0]} was removed while Executions with its Marker are open"
    what = "was removed" if edit is Edit.REMOVED else "was added"
    return f"{listed[0]} {what}"


def exchanged(was: Step, now: Step, names: frozenset[str]) -> str:
    """Put into words that another step stands where one stood."""
    if was.kind in CLOSING and now.kind in CLOSING:
        return f"the Workflow ends in another way: it {ENDS[now.kind]} where it {ENDS[was.kind]}"
    if was.kind == now.kind and was.kind == PATCH:
        return f"the patch id {was.name!r} became {now.name!r}"
    if is_local_now(was, now):
        return f"{noun(was)} became {noun(now).replace('the', 'a', 1)}"
    if was.kind != now.kind:
        return f"{noun(was)} was removed and {noun(now)} was added in its place"
    if was.name == now.name and was.service == now.service:
        return another_id(was, now)
    if was.name == now.name:
        return f"{noun(was)} is asked of service {now.service!r} instead of {was.service!r}"
    if now.name in names:
        return f"{noun(was)} was exchanged for {now.name}"
    return f"{noun(was)} was renamed to {now.name}, or exchanged for it"
