"""Which Event of a history tells how a step ended."""

from collections.abc import Mapping

from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.step import LOCAL_ACTIVITY, Step
from replaygate.events import attributes_of, origins_of, type_of
from replaygate.replay.waiting import ACTIVITY, CANCEL, CHILD, LOCAL, NEXUS, SIGNAL, TIMER

KINDS = {
    "TimerStarted": TIMER,
    "ActivityTaskScheduled": ACTIVITY,
    LOCAL_ACTIVITY: LOCAL,
    "StartChildWorkflowExecutionInitiated": CHILD,
    "SignalExternalWorkflowExecutionInitiated": SIGNAL,
    "RequestCancelExternalWorkflowExecutionInitiated": CANCEL,
    "NexusOperationScheduled": NEXUS,
}
STARTS = {
    "ChildWorkflowExecutionStarted",
    "StartChildWorkflowExecutionFailed",
    "NexusOperationStarted",
}
OUTCOMES = (
    "Completed",
    "Failed",
    "TimedOut",
    "Canceled",
    "Terminated",
    "TimerFired",
    "ChildWorkflowExecutionStarted",
    "NexusOperationStarted",
    "ExternalWorkflowExecutionSignaled",
    "ExternalWorkflowExecutionCancelRequested",
)
NO_OUTCOMES = "NexusOperationCancelRequest"  # completed or failed: the Operation still runs
Key = tuple[str, str, bool]  # kind, name, and whether it had started


def outcome_key(event: HistoryEvent, recorded: Mapping[int, Step]) -> Key | None:
    """Return what an Event resolves; None if it resolves nothing."""
    kind = type_of(event)
    step = recorded.get(event.event_id)
    if step and step.kind == LOCAL_ACTIVITY:
        return LOCAL, step.name, False
    if step or not kind.endswith(OUTCOMES) or kind.startswith(NO_OUTCOMES):
        return None
    origins = origins_of(attributes_of(event))
    origin = next((recorded[id] for id in origins if id in recorded), None)
    if not origin or origin.kind not in KINDS:
        return None
    in_two = KINDS[origin.kind] in (CHILD, NEXUS) and kind not in STARTS
    return KINDS[origin.kind], origin.name, in_two
