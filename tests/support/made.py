"""Small histories, and Commands for them, made without a Service."""

import itertools
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_commands import WorkflowCommand

from replaygate.diagnosis.testimony import Given

FLAGS = (1, 2, 3)  # of Core: ids are compared, patches upsert, closing Commands come last


def event(kind: str, **attributes: Any) -> HistoryEvent:
    """Make an Event; ``kind`` is the field of its attributes, without its ending."""
    made = HistoryEvent()
    getattr(made, f"{kind}_event_attributes").SetInParent()
    fill(getattr(made, f"{kind}_event_attributes"), attributes)
    return made


def fill(message: Any, attributes: dict[str, Any]) -> None:
    """Set fields; of a field that holds a message with a name, the name."""
    for field, value in attributes.items():
        if isinstance(value, str) and not isinstance(getattr(message, field), str):
            getattr(message, field).name = value
        else:
            setattr(message, field, value)


def history(*tasks: list[HistoryEvent], flags: tuple[int, ...] = FLAGS) -> list[HistoryEvent]:
    """Make a history: a Workflow Task that leaves these Events, and so on."""
    events = [event("workflow_execution_started", workflow_type="Flow")]
    for left in tasks:
        completed = event("workflow_task_completed")
        completed.workflow_task_completed_event_attributes.sdk_metadata.core_used_flags.extend(
            flags
        )
        events += [event("workflow_task_scheduled"), event("workflow_task_started")]
        events += [completed, *left]
    for number, one in enumerate(events, 1):
        one.event_id = number
    return events


def activity(name: str, id: str = "1") -> HistoryEvent:
    """Make the Event of an Activity."""
    return event("activity_task_scheduled", activity_type=name, activity_id=id)


def timer() -> HistoryEvent:
    """Make the Event of a Timer."""
    return event("timer_started")


def completion() -> HistoryEvent:
    """Make the Event that closes the Execution."""
    return event("workflow_execution_completed")


class Giving:
    """Makes Commands, each with the number that it has in its run."""

    def __init__(self) -> None:
        self.counts = itertools.count(1)

    def __call__(self, known: int, kind: str, **attributes: Any) -> Given:
        """Make a Command that was given when this Event was known; ``kind`` is its field."""
        command = WorkflowCommand()
        told = getattr(command, kind)
        told.SetInParent()
        if "seq" in told.DESCRIPTOR.fields_by_name:
            told.seq = attributes.pop("seq", None) or next(self.counts)
        fill(told, attributes)
        return Given(command, known, ())

    def activity(self, known: int, name: str, id: str = "1", **more: Any) -> Given:
        """Make the Command of an Activity."""
        return self(known, "schedule_activity", activity_type=name, activity_id=id, **more)
