"""To which earlier Event an Event belongs, as Core finds it."""

import functools
from collections.abc import Sequence

from temporalio.api.history.v1 import HistoryEvent

from replaygate.events import attributes_of
from replaygate.inputs.unpack import NotAHistory

DISORDER = "Events are missing or out of order"

# By which attribute Core finds the Event to which one of this type belongs, and the type of that:
# get_initial_command_event_id in Core's protos. It follows no other attribute; the Temporal Service
# leaves some of them empty, and the time-skipping server fills in numbers that are not final.
INITIATED = "initiated_event_id"
CHILD = "StartChildWorkflowExecutionInitiated"
SIGNAL = "SignalExternalWorkflowExecutionInitiated"
CANCEL = "RequestCancelExternalWorkflowExecutionInitiated"
BELONGS_TO = {
    "WorkflowTask": ("scheduled_event_id", "WorkflowTaskScheduled"),
    "ActivityTask": ("scheduled_event_id", "ActivityTaskScheduled"),
    "NexusOperation": ("scheduled_event_id", "NexusOperationScheduled"),
    "Timer": ("started_event_id", "TimerStarted"),
    "ChildWorkflowExecution": (INITIATED, CHILD),
    "StartChildWorkflowExecutionFailed": (INITIATED, CHILD),
    "SignalExternalWorkflowExecutionFailed": (INITIATED, SIGNAL),
    "ExternalWorkflowExecutionSignaled": (INITIATED, SIGNAL),
    "RequestCancelExternalWorkflowExecutionFailed": (INITIATED, CANCEL),
    "ExternalWorkflowExecutionCancelRequested": (INITIATED, CANCEL),
}


def check_origin(event: HistoryEvent, kinds: Sequence[str]) -> None:
    """Make sure that what the Event belongs to stands before it.

    Args:
        event: One Event.
        kinds: The types of all Events, in their order.

    Raises:
        NotAHistory: It does not.
    """
    field, origin = _origin(kinds[event.event_id - 1])
    if not field:
        return
    attributes = attributes_of(event)
    target = getattr(attributes, field, None)
    if target is not None and (not 0 < target < event.event_id or kinds[target - 1] != origin):
        raise NotAHistory(refers(event.event_id, target))


def refers(event_id: int, target: int) -> str:
    """Say that an Event names another that it can't belong to."""
    return (
        f"Event {event_id} refers to Event {target}, which is not what it follows from: {DISORDER}"
    )


@functools.cache
def _origin(kind: str) -> tuple[str, str]:
    return next(
        (found for prefix, found in BELONGS_TO.items() if kind.startswith(prefix)), ("", "")
    )
