"""The Event History: reading one from a file, making sure that it is one, naming its Events."""

import functools
import json
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from google.protobuf.json_format import ParseError
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.client import WorkflowHistory

# Temporal ends a Workflow Execution at 50 MB of history, which is less than this as JSON:
# https://docs.temporal.io/cloud/limits#per-workflow-execution-event-history-limits
MAX_FILE = 80_000_000  # bytes

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

# What names an Event or a Command, in the order of preference.
DETAILS = (
    "activity_type",
    "workflow_type",
    "failure",
    "signal_name",
    "marker_name",
    "patch_id",
    "reason",
)

# To what kind of an earlier Event these attributes point. The time-skipping server names the start
# of a Workflow Task where others name its completion.
POINTERS = {
    "scheduled_event_id": ("Scheduled",),
    "started_event_id": ("Started",),
    "initiated_event_id": ("Initiated",),
    "workflow_task_completed_event_id": ("WorkflowTaskCompleted", "WorkflowTaskStarted"),
}

MAY_BE_EMPTY = "started_event_id"  # 0, or -1: a time-out of what never started

# The Web UI's "Human Readable" download shows what the others hold in base64; how, has changed.
HUMAN_READABLE = re.compile(
    rb'"encoding":\s*"(json|binary)/|"payloads":\s*\[\s*[^{\s\]]|"(input|result)":\s*\['
)

ATTRIBUTES = "_event_attributes"  # so ends the name of the field that tells an Event's type


class NotAHistory(ValueError):
    """What was given is no Event History that a replay could prove anything with."""


def shown(path: str) -> str:
    """Return the path of a file as a person in the current folder would write it."""
    return path.removeprefix(f"{Path.cwd()}/")


def type_of(event: HistoryEvent) -> str:
    """Return the Event's type as the ``temporal`` CLI writes it, ``TimerStarted`` for one."""
    return _camel_case((event.WhichOneof("attributes") or "unknown").removesuffix(ATTRIBUTES))


@functools.cache
def _camel_case(words: str) -> str:
    return "".join(word.capitalize() for word in words.split("_"))


def time_of(event: HistoryEvent) -> str:
    """Return the time of the Event in UTC, to the second, as the ``temporal`` CLI writes it."""
    return event.event_time.ToDatetime().strftime("%Y-%m-%dT%H:%M:%SZ")


def row(event: HistoryEvent) -> str:
    """Return the Event in the columns of ``temporal workflow show``, and its detail."""
    return (
        f"{event.event_id:5}  {time_of(event)}  {type_of(event):<26}  {detail_of(event)}".rstrip()
    )


def detail_of(message: HistoryEvent | WorkflowCommand) -> str:
    """Return what tells an Event or a Command from others of its type: a name, a length of time."""
    attributes = next(
        (value for field, value in message.ListFields() if field.containing_oneof), None
    )
    if timer := getattr(attributes, "start_to_fire_timeout", None):
        return f"{timer.ToTimedelta().total_seconds():g}s"
    for field in DETAILS:
        value = getattr(attributes, field, "")
        name = getattr(value, "name", "") or getattr(value, "message", "") or value
        if text := str(name).strip():
            return text
    return ""


def command_of(command: WorkflowCommand) -> str:
    """Return the Command's type as Temporal writes it, ``StartTimer`` for one."""
    variant = command.WhichOneof("variant") or "unknown"
    name = _camel_case(variant)
    return f"{name}Task" if name in ("ScheduleActivity", "RequestCancelActivity") else name


def load(path: Path) -> WorkflowHistory:
    """Read an Event History that the ``temporal`` CLI, the Web UI or an SDK has saved as JSON.

    Raises:
        NotAHistory: With one line that says why it is none, or why it proves nothing.
    """
    try:
        if path.is_dir():
            raise NotAHistory("it is a folder without Event Histories (*.json)")
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotAHistory("it is not a regular file")
        if path.stat().st_size > MAX_FILE:
            raise NotAHistory(f"it is larger than any Event History ({MAX_FILE:,} bytes)")
        data = path.read_bytes()
    except OSError as error:
        raise NotAHistory(f"it can't be read: {error.strerror}") from None
    if not data.strip():
        raise NotAHistory("it is empty")
    if HUMAN_READABLE.search(data):
        raise NotAHistory("its payloads are plain text: download it from the Web UI as Encoded")
    try:
        events = WorkflowHistory.from_json("", data.decode(json.detect_encoding(data))).events
    except (ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise NotAHistory(why_not(data, error)) from None
    history = WorkflowHistory(workflow_id_of(events) or path.stem, events)
    check(history)
    return history


def workflow_id_of(events: Sequence[HistoryEvent]) -> str:
    """Return the Workflow Id that Event 1 tells, if it does; code may make other ids from it."""
    return events[0].workflow_execution_started_event_attributes.workflow_id if events else ""


def why_not(data: bytes, error: Exception) -> str:
    """Say why the SDK can't read this as an Event History."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as json_error:
        return f"it is not JSON, or was cut off: {json_error}"
    if isinstance(document, list):
        return 'it is a bare list: an Event History is {"events": [...]}'
    if not isinstance(document, dict) or not isinstance(document.get("events"), list):
        return 'it has no list of "events"'
    return f"its Events can't be read: {error}"


def check(history: WorkflowHistory) -> None:
    """Make sure that a replay of this history ends, and that it proves something.

    Core panics on some of what is refused here and never answers; the rest would pass a replay
    whatever the code does.

    Raises:
        NotAHistory: With one line that says what is wrong.
    """
    events = history.events
    ids = [event.event_id for event in events]
    if not events:
        raise NotAHistory("it holds no Events")
    if len(ids) > 1 and ids == sorted(ids, reverse=True):
        raise NotAHistory("its newest Event comes first: download it without --reverse")
    if type_of(events[0]) != "WorkflowExecutionStarted":
        raise NotAHistory(f"it begins with {type_of(events[0])}, not with WorkflowExecutionStarted")
    for number, event in enumerate(events, 1):
        if event.event_id != number:
            raise NotAHistory(f"Event {event.event_id} stands where Event {number} belongs")
        name = (event.WhichOneof("attributes") or "").removesuffix(ATTRIBUTES)
        if not name or event.event_type != EventType.Value(f"EVENT_TYPE_{name.upper()}"):
            raise NotAHistory(f"Event {number} has an unknown type, or another than it tells of")
        for field, kinds in POINTERS.items():
            attributes = getattr(event, name + ATTRIBUTES)
            target = getattr(attributes, field, None)
            if target is None or (target <= 0 and field == MAY_BE_EMPTY):
                continue
            if not 0 < target < number or not type_of(events[target - 1]).endswith(kinds):
                raise NotAHistory(
                    f"Event {number} refers to Event {target}, which is not what it follows from: "
                    "Events are missing or out of order"
                )
        if (
            type_of(event) == "WorkflowTaskCompleted"
            and type_of(events[number - 2]) != "WorkflowTaskStarted"
        ):
            raise NotAHistory(f"Event {number} completes a Workflow Task that was not started")
        if type_of(event) == "WorkflowExecutionStarted" and number > 1:
            raise NotAHistory(f"Event {number} starts the Workflow Execution once more")
        if type_of(event) in CLOSING and number < len(events):
            raise NotAHistory(
                f"Event {number} closes the Workflow Execution, and more Events follow"
            )
    if not events[0].workflow_execution_started_event_attributes.original_execution_run_id:
        raise NotAHistory("Event 1 lacks originalExecutionRunId, from which random numbers come")
    if not any(type_of(event) in COMMANDS for event in events):
        raise NotAHistory("it holds no Command, so a replay proves nothing")
