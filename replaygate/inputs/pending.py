"""The Workflow Task at the end of an open history: did it fail, so that the Execution is stuck?"""

import re
from collections.abc import Sequence

from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent, WorkflowTaskFailedEventAttributes

from replaygate.events import CLOSING, attributes_of, type_of

# The causes that lie in Workflow code.
IN_THE_CODE = {
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
}
# In the names of those with which the Service refuses Commands; the history does not hold these.
REFUSED = re.compile("BAD_.*ATTRIBUTES|.*(LIMIT_EXCEEDED|TOO_LARGE|DUPLICATE_ID)")


def is_open(events: Sequence[HistoryEvent]) -> bool:
    """Tell whether the Execution goes on."""
    return type_of(events[-1]) not in CLOSING


def is_stuck(events: Sequence[HistoryEvent]) -> bool:
    """Tell whether the last Workflow Task of an open Execution failed because of its code."""
    failed = last_failed(events)
    return failed is not None and failed.cause in IN_THE_CODE


def refusal(events: Sequence[HistoryEvent], hidden: bool) -> str:
    """Say why the Service refuses the Commands of an open Execution; empty if it does not.

    Unless values are ``hidden``, in its words: they can hold an id or a search attribute.
    """
    if not (failed := last_failed(events)):
        return ""
    name = WorkflowTaskFailedCause.Name(failed.cause).removeprefix("WORKFLOW_TASK_FAILED_CAUSE_")
    if not REFUSED.fullmatch(name):
        return ""
    return name if hidden else failed.failure.message or name


def last_failed(events: Sequence[HistoryEvent]) -> WorkflowTaskFailedEventAttributes | None:
    """Return how the Workflow Task failed that an open Execution waits for, if it did."""
    if not is_open(events):
        return None
    for event in reversed(events):
        match type_of(event):
            case "WorkflowTaskCompleted":
                return None
            case "WorkflowTaskFailed":
                return event.workflow_task_failed_event_attributes
    return None


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
