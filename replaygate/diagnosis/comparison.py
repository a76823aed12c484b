"""Finds the first Event of a history that does not suit the Commands of the code, as Core does."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from replaygate.diagnosis.expectation import Expected
from replaygate.diagnosis.recorded import Recorded
from replaygate.diagnosis.step import LOCAL_ACTIVITY, PATCH, Step

CHECKS_IDS = 1  # Core's flag: ids and types are compared, not only kinds
CHECKED = {"ActivityTaskScheduled", "StartChildWorkflowExecutionInitiated", LOCAL_ACTIVITY}


@dataclass(frozen=True)
class Difference:
    """Where history and code part."""

    recorded: Recorded | None  # None where the history's own Commands all suit
    expected: Expected | None  # what the code gave in its place
    events_left: Sequence[Recorded] = field(default=())  # from there on
    commands_left: Sequence[Expected] = field(default=())  # from there on
    matched: Sequence[tuple[Recorded, Expected]] = field(default=())  # before that


def compare(
    recorded: Sequence[Recorded], expected: Sequence[Expected], flags: Collection[int], named: int
) -> Difference:
    """Match Events with Commands in their order, until two differ.

    ``named`` is the id of the Event that the SDK names as the one that differs, or 0.
    """
    matching = Matching(expected, flags)
    for number, one in enumerate(recorded):
        if named and one.event.event_id > named:
            return matching.difference(None, recorded[number:])
        matching.reach(one.event.event_id)
        suits = matching.take(one.step)
        if one.event.event_id == named or not (suits or named):
            return matching.difference(one, recorded[number:])
        if suits and matching.front:
            matching.matched.append((one, matching.front))
    return matching.difference(None, ())


class Matching:
    """The Commands that wait for their Events."""

    def __init__(self, expected: Sequence[Expected], flags: Collection[int]) -> None:
        self.expected = expected
        self.coming = deque(expected)
        self.queue: deque[Expected] = deque()
        self.local: dict[int, Expected] = {}  # Local Activities, which Core finds by their seq
        self.done: set[int] = set()  # ids of the objects that met their Events
        self.matched: list[tuple[Recorded, Expected]] = []
        self.checks_ids = CHECKS_IDS in flags
        self.front: Expected | None = None  # what the last Event was held against

    def reach(self, event_id: int) -> None:
        """Let those Commands wait that were given before this Event."""
        while self.coming and self.coming[0].given.known < event_id:
            one = self.coming.popleft()
            if one.step.kind == LOCAL_ACTIVITY:
                self.local[one.step.seq] = one
            else:
                self.queue.append(one)

    def take(self, step: Step) -> bool:
        """Hold an Event against the Command whose turn it is, and tell whether it suits."""
        if step.kind == PATCH:
            return self.take_patch(step)
        if step.kind == LOCAL_ACTIVITY:
            self.front = self.local.pop(step.seq, None)
        else:
            while self.queue and self.queue[0].step.kind == PATCH:
                self.pop()  # deprecate_patch where the history has no Marker
            self.front = self.pop()
        if self.front is None:
            return False
        self.done.add(id(self.front))
        return same(step, self.front.step, self.checks_ids)

    def take_patch(self, step: Step) -> bool:
        """Hold the Marker of a patch against the next Command; a deprecated one may have none."""
        self.front = self.queue[0] if self.queue else None
        if self.front and (self.front.step.kind, self.front.step.name) == (PATCH, step.name):
            self.pop()
            return True
        return step.deprecated

    def pop(self) -> Expected | None:
        """Let the next Command wait no longer."""
        if not self.queue:
            return None
        one = self.queue.popleft()
        self.done.add(id(one))
        return one

    def left(self) -> list[Expected]:
        """Return the Commands that have not met their Events, as they were given."""
        return [one for one in self.expected if id(one) not in self.done]

    def difference(self, one: Recorded | None, events_left: Sequence[Recorded]) -> Difference:
        """Return the difference at this Event, which was held against a Command last."""
        if one and self.front:
            self.done.discard(id(self.front))
        front = self.front if one else next(iter(self.queue), None)
        return Difference(one, front, events_left, self.left(), self.matched)


def same(recorded: Step, given: Step, checks_ids: bool) -> bool:
    """Tell whether Core takes this Command for the one that left the Event."""
    if recorded.kind != given.kind:
        return False
    if recorded.kind == "NexusOperationScheduled":
        return (recorded.name, recorded.service) == (given.name, given.service)
    if recorded.kind in CHECKED and checks_ids:
        return (recorded.name, recorded.id) == (given.name, given.id)
    return True
