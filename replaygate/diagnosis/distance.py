"""How far a step of the code is from one of the history."""

import re
from collections.abc import Sequence

from replaygate.diagnosis.step import CANCEL_OTHER, LOCAL_ACTIVITY, Step
from replaygate.events import CLOSING

CONTENT = 0.2  # what Core does not compare
RENAMED = 0.99  # an exchange that keeps the id: likelier than a removal
CANCELLATIONS = {
    "TimerCanceled",
    "ActivityTaskCancelRequested",
    "NexusOperationCancelRequested",
    CANCEL_OTHER,
}
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def is_swap(was: Sequence[Step], now: Sequence[Step]) -> bool:
    """Tell whether two steps changed places."""
    if len(was) < 2 or len(now) < 2 or not distance(was[0], was[1]):
        return False
    return not distance(was[0], now[1]) and not distance(was[1], now[0])


def distance(was: Step, now: Step) -> float:
    """Return how far a step of the code is from one of the history, 0 for the same."""
    if was.kind == now.kind:
        if was.kind in CLOSING:
            return 0.0  # a continuation names its type only where that is another
        if (was.name, was.service) != (now.name, now.service):
            return RENAMED if was.id == now.id or is_counted(was, now) else 1.1
        if (was.seconds, was.content) != (now.seconds, now.content):
            return CONTENT
        return 0.0 if was.id == now.id or is_counted(was, now) or is_drawn(was, now) else 0.5
    if {was.kind, now.kind} <= CLOSING or is_local_now(was, now):
        return 1.0
    if is_cancellation(was) is not is_cancellation(now):
        return 2.1  # more than to remove one and to add the other
    return 1.2  # less than to remove one and to add the other


def is_cancellation(step: Step) -> bool:
    """Tell whether this cancels another step."""
    return step.kind in CANCELLATIONS


def is_counted(was: Step, now: Step) -> bool:
    """Tell whether both ids are the SDK's own numbers, which each step before them shifts."""
    return was.id.isdigit() and now.id.isdigit()


def is_drawn(was: Step, now: Step) -> bool:
    """Tell whether both ids are random: such as the SDK draws for Child Workflows."""
    return bool(UUID.fullmatch(was.id) and UUID.fullmatch(now.id))


def is_local_now(was: Step, now: Step) -> bool:
    """Tell whether an Activity became a Local Activity, or the other way round."""
    kinds = {"ActivityTaskScheduled", LOCAL_ACTIVITY}
    return {was.kind, now.kind} == kinds and was.name == now.name
