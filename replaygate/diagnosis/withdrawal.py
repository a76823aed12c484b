"""Names the cause where the code takes back what it asked for, or asks for no cancellation."""

from replaygate.diagnosis.alignment import Edit, is_compared
from replaygate.diagnosis.changes import Cause, Names, of_changes
from replaygate.diagnosis.comparison import Difference
from replaygate.diagnosis.distance import is_cancellation
from replaygate.diagnosis.expectation import Expectation, Expected
from replaygate.diagnosis.unordered import align_loosely
from replaygate.diagnosis.wording import noun
from replaygate.events import CLOSING


def of_a_cancellation(
    difference: Difference, expectation: Expectation, names: Names
) -> Cause | None:
    """Name the cause where something is cancelled at once, or abandoned."""
    if not difference.recorded:
        return None
    step, event_id = difference.recorded.step, difference.recorded.event.event_id
    for one in expectation.withdrawn:
        # Any Timer may be any other: what the code does with one later says nothing.
        told = one.step.name or one.given.known < event_id
        if told and (one.step.kind, one.step.name) == (step.kind, step.name):
            return withdrawn(one, difference, expectation, names)
    for one in expectation.abandoned:
        if "Cancel" in step.kind and (one.step.name, one.step.id) == (step.name, step.id):
            words = "has the cancellation type ABANDON now, which sends no request"
            return Cause(f"{noun(one.step)} {words}", one)
    return None


def withdrawn(
    one: Expected, difference: Difference, expectation: Expectation, names: Names
) -> Cause:
    """Name the cause where something is cancelled at once, perhaps for what is gone between."""
    was = [left.step for left in difference.events_left]
    left = {id(command) for command in difference.commands_left}
    now = [
        meant.step
        for meant in expectation.meant
        if id(meant) in left or (meant.step.name, meant.step.id) == (one.step.name, one.step.id)
    ]
    goes_on = was[-1].kind not in CLOSING
    changes = [*filter(is_compared, align_loosely(was, now, goes_on))]
    what, how = noun(one.step), "is cancelled in the Workflow Task that asks for it"
    first = [step for step in (changes[0].was, changes[0].now) if step] if changes else []
    if not changes or changes[0].edit is Edit.ADDED or any(map(is_cancellation, first)):
        return Cause(f"{what} {how}, so that it leaves no Event", one)
    if changes[0].was and noun(changes[0].was) == what:
        what = f"another {what.partition(' ')[2]}"
    return Cause(f"{of_changes(changes, names)}, so that {what} {how} and leaves no Event", one)
