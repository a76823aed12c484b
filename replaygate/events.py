"""Names Events and Commands as Temporal does, and shows Events in a row."""

import functools
from typing import Any

from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_commands import WorkflowCommand

# Each of these Events records a Command: https://docs.temporal.io/references/commands
COMMANDS = {
    "TimerStarted": "StartTimer",
    "TimerCanceled": "CancelTimer",
    "ActivityTaskScheduled": "ScheduleActivityTask",
    "ActivityTaskCancelRequested": "RequestCancelActivityTask",
    "MarkerRecorded": "RecordMarker",
    "StartChildWorkflowExecutionInitiated": "StartChildWorkflowExecution",
    "SignalExternalWorkflowExecutionInitiated": "SignalExternalWorkflowExecution",
    "RequestCancelExternalWorkflowExecutionInitiated": "RequestCancelExternalWorkflowExecution",
    "UpsertWorkflowSearchAttributes": "UpsertWorkflowSearchAttributes",
    "WorkflowPropertiesModified": "ModifyWorkflowProperties",
    "NexusOperationScheduled": "ScheduleNexusOperation",
    "NexusOperationCancelRequested": "RequestCancelNexusOperation",
    "WorkflowExecutionUpdateAccepted": "ProtocolMessage",
    "WorkflowExecutionUpdateRejected": "ProtocolMessage",
    "WorkflowExecutionUpdateCompleted": "ProtocolMessage",
    "WorkflowExecutionCompleted": "CompleteWorkflowExecution",
    "WorkflowExecutionFailed": "FailWorkflowExecution",
    "WorkflowExecutionCanceled": "CancelWorkflowExecution",
    "WorkflowExecutionContinuedAsNew": "ContinueAsNewWorkflowExecution",
}

CLOSING = {
    f"WorkflowExecution{end}"
    for end in ("Completed", "Failed", "TimedOut", "Canceled", "Terminated", "ContinuedAsNew")
}

CLOSED_BY_COMMAND = CLOSING & COMMANDS.keys()
CLOSING_COMMANDS = {COMMANDS[kind] for kind in CLOSED_BY_COMMAND}

# What names an Event or a Command, in the order of preference.
DETAILS = (
    "activity_type",
    "workflow_type",
    "failure",
    "operation",
    "signal_name",
    "marker_name",
    "patch_id",
    "reason",
)

# What names the Event that this one goes back to, in the order of preference.
ORIGINS = ("initiated_event_id", "scheduled_event_id", "started_event_id")

ATTRIBUTES = "_event_attributes"  # so ends the name of the field that tells an Event's type


def type_of(event: HistoryEvent) -> str:
    """Return the Event's type as the ``temporal`` CLI writes it, ``TimerStarted`` for one."""
    return _camel_case((event.WhichOneof("attributes") or "unknown").removesuffix(ATTRIBUTES))


@functools.cache
def _camel_case(words: str) -> str:
    return "".join(word.capitalize() for word in words.split("_"))


def attributes_of(event: HistoryEvent) -> Any:
    """Return the message that holds what this Event tells; None if it tells nothing."""
    name = event.WhichOneof("attributes")
    return getattr(event, name) if name else None


def origins_of(attributes: Any) -> list[int]:
    """Return the Events that an Event with these attributes may go back to, the likeliest first."""
    return [number for field in ORIGINS if (number := getattr(attributes, field, 0))]


def time_of(event: HistoryEvent) -> str:
    """Return the time of the Event in UTC, to the second, as the ``temporal`` CLI writes it."""
    return event.event_time.ToDatetime().strftime("%Y-%m-%dT%H:%M:%SZ")


def row(event: HistoryEvent) -> str:
    """Return the Event in the columns of ``temporal workflow show``, and its detail."""
    return (
        f"{event.event_id:5}  {time_of(event)}  {type_of(event):<26}  {detail_of(event)}".rstrip()
    )


def detail_of(message: HistoryEvent | WorkflowCommand) -> str:
    """Return what tells an Event or a Command from others of its type: a name, a length of time.

    A failure without a message is named by its type.
    """
    attributes = next(
        (value for field, value in message.ListFields() if field.containing_oneof), None
    )
    if timer := getattr(attributes, "start_to_fire_timeout", None):
        return f"{timer.ToTimedelta().total_seconds():g}s"
    for field in DETAILS:
        value = getattr(attributes, field, "")
        if isinstance(value, Failure):  # true even where there is none
            if value.ByteSize():
                return failure_name(value)
        elif text := str(getattr(value, "name", "") or value).strip():
            return text
    return ""


def failure_name(failure: Failure) -> str:
    """Return what a failure says, or its type if it says nothing."""
    if failure.message:
        return str(failure.message)
    info = failure.WhichOneof("failure_info") or ""
    kind = getattr(getattr(failure, info, None), "type", "")
    return str(kind or _camel_case(info.removesuffix("_failure_info")) + "Error" * bool(info))


def command_of(command: WorkflowCommand) -> str:
    """Return the Command's type as Temporal writes it, ``StartTimer`` for one."""
    variant = command.WhichOneof("variant") or "unknown"
    name = _camel_case(variant)
    return f"{name}Task" if name in ("ScheduleActivity", "RequestCancelActivity") else name
