"""Reads a step from an Event and from a Command, so that the two can be compared."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_commands import WorkflowCommand

from replaygate.diagnosis.step import ACCEPTED, CANCEL_OTHER, LOCAL_ACTIVITY, PATCH, UPDATED, Step
from replaygate.events import CLOSING_COMMANDS, COMMANDS, attributes_of, command_of, type_of

VERSIONS = "TemporalChangeVersion"  # the search attribute that Core upserts for patches
EVENT_OF = {command: event for event, command in COMMANDS.items()}


def step_of(event: HistoryEvent) -> Step | None:
    """Return the step that left this Event; None where it follows from no Command of the code.

    What a cancellation cancels stands in another Event: see ``recorded``.
    """
    kind = type_of(event)
    if kind not in COMMANDS or kind == "WorkflowExecutionUpdateRejected" or is_for_versions(event):
        return None
    told = attributes_of(event)
    return FROM_EVENT[kind](told) if kind in FROM_EVENT else Step(kind, name_of(told))


def is_for_versions(event: HistoryEvent) -> bool:
    """Tell whether Core itself upserted the search attribute that lists the patches."""
    told = event.upsert_workflow_search_attributes_event_attributes
    return VERSIONS in told.search_attributes.indexed_fields


def given_step(command: WorkflowCommand) -> Step | None:
    """Return the step that this Command asks for; None for cancellations and what leaves no Event.

    Which Event a cancellation or an Update leaves depends on others: see ``expectation``.
    """
    told = getattr(command, command.WhichOneof("variant") or "", None)
    kind = command_of(command)
    if kind in FROM_COMMAND:
        return FROM_COMMAND[kind](told)
    return Step(EVENT_OF[kind], name_of(told)) if kind in CLOSING_COMMANDS else None


def name_of(told: Any) -> str:
    """Return the type of an Activity or a Workflow, as Events and Commands hold it."""
    value = getattr(told, "activity_type", "") or getattr(told, "workflow_type", "")
    return str(getattr(value, "name", value))


def input_of(told: Any) -> bytes:
    """Return what is given to an Activity or a Child Workflow, by an Event or by a Command."""
    given = told.arguments if hasattr(told, "arguments") else told.input
    payloads = getattr(given, "payloads", given)
    return b"\n".join(payload.data for payload in payloads)


def marker(told: Any) -> Step:
    """Read a MarkerRecorded Event; Core's own Markers hold JSON."""
    if told.marker_name == "core_patch":
        data = marker_data(told.details, "patch-data")
        return Step(PATCH, str(data.get("id", "")), deprecated=bool(data.get("deprecated")))
    if told.marker_name == "core_local_activity":
        data = marker_data(told.details, "data")
        name, id = str(data.get("activity_type", "")), str(data.get("activity_id", ""))
        return Step(LOCAL_ACTIVITY, name, id, seq=int(data.get("seq") or 0))
    return Step("MarkerRecorded", told.marker_name)


def marker_data(details: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the JSON object that a Marker of Core holds, or nothing where it is not readable."""
    payloads = details[key].payloads if key in details else ()
    try:
        data = json.loads(next(iter(payloads)).data)
    except (ValueError, StopIteration):
        return {}
    return data if isinstance(data, dict) else {}


def activity(told: Any) -> Step:
    """Read an ActivityTaskScheduled Event or a ScheduleActivityTask Command."""
    return Step("ActivityTaskScheduled", name_of(told), told.activity_id, input=input_of(told))


def timer(told: Any) -> Step:
    """Read a TimerStarted Event or a StartTimer Command."""
    seconds = told.start_to_fire_timeout.ToTimedelta().total_seconds()
    return Step("TimerStarted", seconds=seconds)


def child(told: Any) -> Step:
    """Read the start of a Child Workflow, Event or Command."""
    kind = "StartChildWorkflowExecutionInitiated"
    return Step(kind, name_of(told), told.workflow_id, input=input_of(told))


def signal(told: Any) -> Step:
    """Read a Signal to another Execution, Event or Command."""
    other = told.workflow_execution.workflow_id or getattr(told, "child_workflow_id", "")
    return Step("SignalExternalWorkflowExecutionInitiated", told.signal_name, other)


def cancel_external(told: Any) -> Step:
    """Read a request to cancel another Execution, Event or Command."""
    return Step(CANCEL_OTHER, id=told.workflow_execution.workflow_id)


def nexus(told: Any) -> Step:
    """Read a Nexus Operation, Event or Command."""
    return Step("NexusOperationScheduled", told.operation, told.endpoint, told.service)


def upsert(told: Any) -> Step:
    """Read an upsert of search attributes, Event or Command."""
    return upserted("UpsertWorkflowSearchAttributes", told.search_attributes.indexed_fields)


def memo(told: Any) -> Step:
    """Read an upsert of the memo, Event or Command."""
    return upserted("WorkflowPropertiesModified", told.upserted_memo.fields)


def upserted(kind: str, fields: Mapping[str, Payload]) -> Step:
    """Return an upsert, told by its fields and their values."""
    names = sorted(fields)
    return Step(kind, ", ".join(names), content=b"\n".join(fields[name].data for name in names))


FROM_EVENT: dict[str, Callable[[Any], Step]] = {
    "TimerStarted": timer,
    "ActivityTaskScheduled": activity,
    "MarkerRecorded": marker,
    "StartChildWorkflowExecutionInitiated": child,
    "SignalExternalWorkflowExecutionInitiated": signal,
    "RequestCancelExternalWorkflowExecutionInitiated": cancel_external,
    "NexusOperationScheduled": nexus,
    "UpsertWorkflowSearchAttributes": upsert,
    "WorkflowPropertiesModified": memo,
    "WorkflowExecutionUpdateAccepted": lambda told: Step(
        ACCEPTED, told.accepted_request.input.name, told.protocol_instance_id
    ),
    "WorkflowExecutionUpdateCompleted": lambda told: Step(UPDATED, id=told.meta.update_id),
}

FROM_COMMAND: dict[str, Callable[[Any], Step]] = {
    "StartTimer": timer,
    "ScheduleActivityTask": activity,
    "ScheduleLocalActivity": lambda told: Step(
        LOCAL_ACTIVITY, told.activity_type, told.activity_id, seq=told.seq
    ),
    "SetPatchMarker": lambda told: Step(PATCH, told.patch_id, deprecated=told.deprecated),
    "StartChildWorkflowExecution": child,
    "SignalExternalWorkflowExecution": signal,
    "RequestCancelExternalWorkflowExecution": cancel_external,
    "ScheduleNexusOperation": nexus,
    "UpsertWorkflowSearchAttributes": upsert,
    "ModifyWorkflowProperties": memo,
}
