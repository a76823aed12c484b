"""The steps that a history holds, and what its cancellations cancel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from temporalio.api.history.v1 import HistoryEvent

from replaygate.diagnosis.step import CANCEL_OTHER, Step
from replaygate.diagnosis.steps import step_of
from replaygate.events import attributes_of

ABOUT = ("started_event_id", "scheduled_event_id", "accepted_event_id")  # the Event of its start


@dataclass(frozen=True)
class Recorded:
    """A step that the history holds."""

    step: Step
    event: HistoryEvent


def recorded_steps(events: Sequence[HistoryEvent]) -> list[Recorded]:
    """Return the steps of a history in their order."""
    recorded: dict[int, Recorded] = {}
    children: dict[str, str] = {}  # types by Workflow Ids
    for event in events:
        if step := step_of(event):
            if step.kind == CANCEL_OTHER and step.id in children:
                step = replace(step, name=children[step.id])
            elif origin := next((recorded[id] for id in origins(event) if id in recorded), None):
                step = replace(step, name=origin.step.name, id=origin.step.id)
            if step.kind == "StartChildWorkflowExecutionInitiated":
                children[step.id] = step.name
            recorded[event.event_id] = Recorded(step, event)
    return list(recorded.values())


def origins(event: HistoryEvent) -> list[int]:
    """Return the ids of the Events that this one tells more of, 0 for none."""
    told = attributes_of(event)
    return [getattr(told, field, 0) for field in ABOUT]
