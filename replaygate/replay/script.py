"""Decides what happens next to Workflow code that is run on: as the history tells, else made up."""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence

from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob

from replaygate.diagnosis.recorded import recorded_steps
from replaygate.diagnosis.step import PATCH
from replaygate.events import type_of
from replaygate.replay.outcomes import KINDS, Key, outcome_key
from replaygate.replay.resolutions import deliver, resolve
from replaygate.replay.waiting import ACTIVITY, LOCAL, TIMER, Waiting, WaitingList

BADLY = ("Failed", "TimedOut", "Canceled", "Terminated")
ALIKE = {ACTIVITY: {ACTIVITY, LOCAL}, LOCAL: {ACTIVITY, LOCAL}, TIMER: set[str]()}
Next = tuple[WorkflowActivationJob, HistoryEvent | None]


class Script:
    """What is still to come for the code of a run."""

    def __init__(
        self, events: Sequence[HistoryEvent], activations: Sequence[WorkflowActivation]
    ) -> None:
        jobs = [job for activation in activations for job in activation.jobs]
        recorded = {one.event.event_id: one.step for one in recorded_steps(events)}
        self.initiated = Counter((KINDS.get(s.kind, ""), s.name) for s in recorded.values())
        self.lengths = {s.seconds for s in recorded.values() if s.kind == "TimerStarted"}
        self.patches = {step.name for step in recorded.values() if step.kind == PATCH}
        self.patches -= {job.notify_has_patch.patch_id for job in jobs}
        self.updates = {job.do_update.protocol_instance_id for job in jobs}
        local = {job.resolve_activity.seq for job in jobs if job.resolve_activity.is_local}
        self.outcomes: dict[Key, list[HistoryEvent]] = defaultdict(list)
        self.arrivals: deque[tuple[HistoryEvent, Key | None]] = deque()
        known = activations[-1].history_length if activations else 0
        for event in events:
            key = outcome_key(event, recorded)
            if key:
                self.outcomes[key].append(event)
            told_before = getattr(recorded.get(event.event_id), "seq", 0) in local - {0}
            if event.event_id > known and not told_before and (key or deliver(event)):
                self.arrivals.append((event, key))

    def next(self, waiting: WaitingList) -> Next | None:
        """Return what happens next, and the Event that tells of it; None if nothing can."""
        if cancelled := waiting.cancelled():
            return resolve(cancelled, None), None
        if added := self.added(waiting):
            return resolve(added, self.outcome(added, waiting)), None
        if told := self.told(waiting):
            return told
        soonest = waiting.soonest()
        return (resolve(soonest, self.outcome(soonest, waiting)), None) if soonest else None

    def told(self, waiting: WaitingList) -> Next | None:
        """Return what the history tells next, as far as the code waits for it."""
        while self.arrivals:
            event, key = self.arrivals[0]
            if key is None:
                self.arrivals.popleft()
                if job := self.delivery(event):
                    return job, event
                continue
            if found := waiting.first(*key):
                self.arrivals.popleft()
                return resolve(found, event), event
            if key[2] and (found := waiting.first(key[0], key[1])):
                return resolve(found, None), None  # its start, of which there is no Event
            self.arrivals.popleft()
        return None

    def delivery(self, event: HistoryEvent) -> WorkflowActivationJob | None:
        """Return the job that delivers a Signal, an Update or a cancel request, if it is new."""
        told = event.workflow_execution_update_accepted_event_attributes
        return None if told.protocol_instance_id in self.updates - {""} else deliver(event)

    def added(self, waiting: WaitingList) -> Waiting | None:
        """Return the first of what the history does not know; it is resolved before all else.

        So the code comes back to where the history tells what happens next.
        """
        for one in waiting.all.values():
            if waiting.asked[one.kind, one.name] > self.initiated[one.kind, one.name]:
                return one
            if one.kind == TIMER and not any(
                one.seconds / 2 <= length <= one.seconds * 2 for length in self.lengths
            ):
                return one
        return None

    def outcome(self, one: Waiting, waiting: WaitingList) -> HistoryEvent | None:
        """Return the Event that shows best how this may end, if there is one."""
        if told := self.outcomes.get((one.kind, one.name, one.started)):
            return told[min(waiting.asked[one.kind, one.name], len(told)) - 1]
        kinds = ALIKE.get(one.kind, {one.kind})
        alike = {key: told for key, told in self.outcomes.items() if key[0] in kinds}
        same_name = [told[0] for key, told in alike.items() if key[1:] == (one.name, one.started)]
        coming = [event for event, key in self.arrivals if key in alike and key[2] == one.started]
        ended = [told[-1] for key, told in alike.items() if key[2] == one.started]
        well = [event for event in (*coming, *ended) if not type_of(event).endswith(BADLY)]
        return next(iter([*same_name, *well]), None)
