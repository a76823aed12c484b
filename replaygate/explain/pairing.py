"""Which Command became which Event, and which Event brought which job to the code."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from replaygate.diagnosis.comparison import Matching
from replaygate.diagnosis.expectation import Expected, core_flags, expectation
from replaygate.diagnosis.recorded import recorded_steps
from replaygate.diagnosis.step import ACCEPTED, PATCH, Step
from replaygate.diagnosis.testimony import Given
from replaygate.events import attributes_of, origins_of, type_of
from replaygate.replay.outcomes import OUTCOMES, STARTS
from replaygate.replay.waiting import ACTIVITY, LOCAL, RESOLVED

ARRIVE = {  # jobs that tell of what came from outside, in the order of these Events
    "signal_workflow": "WorkflowExecutionSignaled",
    "cancel_workflow": "WorkflowExecutionCancelRequested",
}
CANCELLED = ("ActivityTaskCancelRequested", "NexusOperationCancelRequested")
Origin = tuple[int, bool]  # the Event of a Command, and whether only its start is told


class Pairs:
    """The Commands of a run and their Events, as far as they suit each other."""

    def __init__(
        self, given: Sequence[Given], events: Sequence[HistoryEvent], parts_at: int = 0
    ) -> None:
        matching = Matching(expectation(given, events).steps, core_flags(events))
        self.by_event: dict[int, Expected] = {}
        for one in recorded_steps(events):
            if parts_at and one.event.event_id >= parts_at:
                break
            matching.reach(one.event.event_id)
            if matching.take(one.step) and matching.front and left(matching.front, one.step):
                self.by_event[one.event.event_id] = matching.front
        self.left = matching.left()  # those without an Event, in the order in which they were given
        self.events = {id(one.given): event for event, one in self.by_event.items()}


def left(expected: Expected, step: Step) -> bool:
    """Tell whether a Command left this step; a deprecated Marker may stand without a Command."""
    one, other = expected.step, step
    return one.kind == other.kind and (one.kind != PATCH or one.name == other.name)


class Arrivals:
    """Which Event tells of what a job brings."""

    def __init__(self, events: Sequence[HistoryEvent], pairs: Pairs) -> None:
        self.commands = {key_of(one): event for event, one in pairs.by_event.items()}
        self.outcomes: dict[Origin, int] = {}
        self.cancelled: dict[int, int] = {}
        self.updates: dict[str, int] = {}
        self.coming = {kind: deque[int]() for kind in ARRIVE.values()}
        for event in events:
            kind, told = type_of(event), attributes_of(event)
            if kind in self.coming:
                self.coming[kind].append(event.event_id)
            elif kind == ACCEPTED:
                self.updates[told.protocol_instance_id] = event.event_id
            elif kind in CANCELLED:
                self.cancelled[told.scheduled_event_id] = event.event_id
            elif kind.endswith(OUTCOMES) and (origin := origin_of(told)):
                self.outcomes[origin, kind in STARTS] = event.event_id

    def event_of(self, job: WorkflowActivationJob, known: int) -> int:
        """Return the Event behind a job, 0 if there is none; each job is asked for once.

        Events up to ``known`` were there. What the code cancels may end for it before it ends.
        """
        variant = job.WhichOneof("variant") or ""
        told = getattr(job, variant, None)
        if variant == "initialize_workflow":
            return 1
        if variant in ARRIVE:
            coming = self.coming[ARRIVE[variant]]
            return coming.popleft() if coming else 0
        if variant == "do_update":
            return self.updates.get(job.do_update.protocol_instance_id, 0)
        kind = RESOLVED.get(variant, "")
        if variant == "resolve_activity":
            kind = LOCAL if job.resolve_activity.is_local else ACTIVITY
        origin = self.commands.get((kind, getattr(told, "seq", 0)), 0)
        if kind == LOCAL:  # the Marker is both
            return origin
        ends = self.outcomes.get((origin, False), 0)
        if variant.endswith("_start"):  # what ends at once has no Event for its start
            return self.outcomes.get((origin, True), ends)
        return ends if 0 < ends <= known else self.cancelled.get(origin, ends)


def key_of(expected: Expected) -> tuple[str, int]:
    """Return the field that holds a Command, and its seq, which tells it from others."""
    variant = expected.given.command.WhichOneof("variant") or ""
    return variant, getattr(getattr(expected.given.command, variant, None), "seq", 0)


def origin_of(told: Any) -> int:
    """Return the Event of the Command that has come to this."""
    return next(iter(origins_of(told)), 0)
