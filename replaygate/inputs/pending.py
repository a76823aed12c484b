"""The Workflow Task at the end of an open history: did it fail, so that the Execution is stuck?"""

from collections.abc import Sequence

from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent

from replaygate.events import CLOSING, attributes_of, type_of

# The causes that lie in Workflow code; with others, the Service refused what the code asked for.
IN_THE_CODE = {
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
}


def is_open(events: Sequence[HistoryEvent]) -> bool:
    """Tell whether the Execution goes on."""
    return type_of(events[-1]) not in CLOSING


def is_stuck(events: Sequence[HistoryEvent]) -> bool:
    """Tell whether the last Workflow Task of an open Execution failed because of its code."""
    if not is_open(events):
        return False
    for event in reversed(events):
        match type_of(event):
            case "WorkflowTaskCompleted":
                return False
            case "WorkflowTaskFailed":
                return event.workflow_task_failed_event_attributes.cause in IN_THE_CODE
    return False


def is_told(events: Sequence[HistoryEvent]) -> bool:
    """Tell whether an Event is there for which the last Workflow Task came.

    Where there is none, it came for an Update: the history holds it once the code accepted it.
    """
    for event in reversed(events):
        kind = type_of(event)
        if kind == "WorkflowTaskCompleted":
            return False
        of_code = hasattr(attributes_of(event), "workflow_task_completed_event_id")
        if not (of_code or kind.startswith(("WorkflowTask", "WorkflowExecutionUpdate"))):
            return True
    return False
