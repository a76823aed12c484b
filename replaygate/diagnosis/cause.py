"""Names the likely change to the code that led to a difference, in Temporal's words."""

from collections.abc import Sequence

from replaygate.diagnosis.alignment import Change, Edit, is_compared, is_same
from replaygate.diagnosis.changes import (
    NO_MARKER,
    Cause,
    Names,
    another_end,
    another_id,
    of_changes,
)
from replaygate.diagnosis.comparison import Difference
from replaygate.diagnosis.distance import is_drawn
from replaygate.diagnosis.expectation import Expectation, Expected
from replaygate.diagnosis.recorded import Recorded, origins
from replaygate.diagnosis.step import ACCEPTED, PATCH, UPDATED, Step
from replaygate.diagnosis.unordered import align_loosely
from replaygate.diagnosis.withdrawal import of_a_cancellation
from replaygate.diagnosis.wording import failure_of, noun
from replaygate.events import CLOSING

FAILED = "WorkflowExecutionFailed"
BEFORE = 10  # steps before the difference that are looked at too


def likely_cause(
    difference: Difference,
    expectation: Expectation,
    code_ends: bool,
    names: Names,
    hide_values: bool = False,
) -> Cause:
    """Name the likely cause of a difference.

    ``code_ends`` tells whether the code was run on to its end.
    """
    return (
        of_an_update(difference, expectation)
        or of_a_cancellation(difference, expectation, names)
        or of_an_end(difference, hide_values)
        or of_an_edit(difference, code_ends, names)
    )


def of_an_edit(difference: Difference, code_ends: bool, names: Names) -> Cause:
    """Name the cause where steps were added, removed, exchanged, renamed or reordered."""
    was = [one.step for one in difference.events_left]
    now = [one.step for one in difference.commands_left]
    goes_on = not was or was[-1].kind not in CLOSING
    breaks_off = not code_ends and bool(difference.expected)
    changes = [*filter(is_compared, align_loosely(was, now, goes_on, breaks_off))]
    if not changes or is_elsewhere(difference, changes[0]):
        return Cause(of_an_id(difference))
    words = of_changes(changes, names)
    gone = changes[0].edit is Edit.REMOVED and words.endswith(("was removed", NO_MARKER))
    if not code_ends and (not now or (gone and not goes_on)):
        first = changes[0].was or was[0]
        return Cause(f"{noun(first)} was removed, or the code waits before it gets there")
    if not code_ends and not goes_on and is_last(changes[0], now):
        words = f"{words}; or {noun(now[-1])} was added before it"
    return Cause(words, added(difference, changes[0]))


def is_last(change: Change, now: Sequence[Step]) -> bool:
    """Tell whether another step came in the place of one, and what follows is not known."""
    others = change.was and change.was.kind == now[-1].kind and change.was.name != now[-1].name
    return bool(others) and change.edit is Edit.CHANGED and change.at == len(now) - 1


def added(difference: Difference, first: Change) -> Expected | None:
    """Return the Command in which an edit lies.

    Core takes any Timer for any other, and an Activity for another of its type: which one was
    added, those before the difference may tell.
    """
    if first.at is None:
        return None
    found = difference.commands_left[first.at]
    if first.edit is not Edit.ADDED:
        return found
    before = difference.matched[-BEFORE:]
    was = [one.step for one, _ in before] + [one.step for one in difference.events_left]
    goes_on = was[-1].kind not in CLOSING
    commands = [one for _, one in before] + list(difference.commands_left)
    for change in align_loosely(was, [one.step for one in commands], goes_on):
        if change.edit is Edit.ADDED and change.now and change.at is not None:
            alike = (change.now.kind, change.now.name) == (found.step.kind, found.step.name)
            return commands[change.at] if alike else found
    return found


def of_an_end(difference: Difference, hide_values: bool) -> Cause | None:
    """Name the cause where the code ends the Workflow, and did not end it there before."""
    command = next(iter(difference.commands_left), None)
    if not command or command.step.kind not in CLOSING or not difference.events_left:
        return None
    first, last = difference.events_left[0].step, difference.events_left[-1].step
    was = begun([one for one in difference.events_left if one.step.kind not in CLOSING])
    if first.kind == PATCH or (len(was) == 1 and last.kind in (command.step.kind, first.kind)):
        return None  # that was removed, and nothing came after it
    if was and command.step.kind == FAILED != last.kind:
        failure = failure_of(command.given.command, hide_values)
        return Cause(f"the code raises {failure} where it went on before", command)
    return Cause(another_end(first, command.step), command)


def begun(recorded: Sequence[Recorded]) -> list[Recorded]:
    """Leave out what cancels another of these steps: it is gone together with that."""
    ids = {one.event.event_id for one in recorded}
    return [one for one in recorded if ids.isdisjoint(origins(one.event))]


def of_an_update(difference: Difference, expectation: Expectation) -> Cause | None:
    """Name the cause where an Update is answered in another way."""
    if not difference.recorded or difference.recorded.step.kind not in (ACCEPTED, UPDATED):
        return None
    step = difference.recorded.step
    rejected = [one for one in expectation.rejected if one.step.id == step.id]
    if rejected:
        said = rejected[0].given.command.update_response.rejected.message
        what = "has a validator that rejects it now"
        if "expected but not found" in said:
            what = "was removed"
        elif "Failed decoding" in said:
            what = "can't take its arguments any more"
        return Cause(f"the handler of Update {step.name} {what}")
    answers = {one.step.id for one in difference.commands_left if one.step.kind == UPDATED}
    if step.kind == UPDATED and step.id not in answers:
        return Cause(f"the handler of Update {step.name} does not end where it ended")
    return None


def is_elsewhere(difference: Difference, change: Change) -> bool:
    """Tell whether a change comes of what differs first, and is not that.

    The code may give later what it gave there, or with another id that was drawn.
    """
    if not difference.recorded or not change.was:
        return False
    first = difference.recorded.step
    if difference.expected:
        only_its_id = change.now and (change.was.kind, change.was.name) == (
            change.now.kind,
            change.now.name,
        )
        return bool(only_its_id) and is_drawn(first, difference.expected.step)
    later = [one for one in difference.commands_left if is_same(first, one.step)]
    if not later or change.was != first:
        return bool(later)
    waits = difference.commands_left[0].given.known > difference.recorded.event.event_id
    return waits and change.edit is Edit.SWAPPED


def of_an_id(difference: Difference) -> str:
    """Name the cause where the steps are the same, but for an id that the SDK counts."""
    was = difference.recorded.step if difference.recorded else None
    now = difference.expected.step if difference.expected else None
    if was and now and was.id != now.id:
        return another_id(was, now)
    if was and any(is_same(was, one.step) for one in difference.commands_left):
        return f"{noun(was)} comes later now: the code waits before it gets there"
    return "no Command of the code leads to this Event: the history comes from other code"
