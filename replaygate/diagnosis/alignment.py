"""Aligns the rest of a history with the rest of the Commands: what was added, removed, changed."""

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from replaygate.diagnosis.steps import CANCEL_OTHER, LOCAL_ACTIVITY, Step
from replaygate.events import CLOSING

LIMIT = 100  # steps on either side that are looked at
SWAP, GAP = 1.0, 1.0  # what an edit costs
MATCH = -0.01  # and what is the same: of two ways, the one that keeps more is likelier
RENAMED = 0.9  # an exchange that keeps the id
CANCELLATIONS = {
    "TimerCanceled",
    "ActivityTaskCancelRequested",
    "NexusOperationCancelRequested",
    CANCEL_OTHER,
}
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class Edit(enum.Enum):
    """How a step of the history became one of the code. Of equal cost, the first is likeliest."""

    SAME = 0
    SWAPPED = 1  # with the next, or with the one that says so too
    REMOVED = 2
    ADDED = 3
    CHANGED = 4
    MOVED = 5


@dataclass(frozen=True)
class Change:
    """An edit, and the steps that it concerns."""

    edit: Edit
    was: Step | None = None
    now: Step | None = None
    at: int | None = None  # index of ``now`` among the steps of the code


@dataclass(frozen=True)
class Alignment:
    """The steps of a history beside those of the code."""

    was: Sequence[Step]
    now: Sequence[Step]
    goes_on: bool = False  # the history is open: what the code does behind its end is no change

    def changes(self) -> list[Change]:
        """Return the cheapest way from one to the other, without what is the same in both."""
        costs = self.costs()
        found: list[Change] = []
        i = j = 0
        while (i, j) != (len(self.was), len(self.now)):
            options = [
                (cost + costs[i + down, j + right], edit.value, edit, down, right)
                for edit, cost, down, right in self.options(i, j)
            ]
            _, _, edit, down, right = min(options, key=lambda option: option[:2])
            was, now = self.was[i : i + down], self.now[j : j + right]
            pairs = zip(was, now, strict=True) if down == right else [(*was, None, *now)[:2]]
            for number, (one, other) in enumerate(pairs):
                at = j + number if right else None
                found.append(Change(edit, one if down else None, other if right else None, at))
            i, j = i + down, j + right
        return joined([change for change in found if change.edit is not Edit.SAME])

    def costs(self) -> dict[tuple[int, int], float]:
        """Return for each pair of positions the cost of aligning what comes from there on."""
        ends = len(self.was), len(self.now)
        costs = {ends: 0.0}
        for i in range(ends[0], -1, -1):
            for j in range(ends[1], -1, -1):
                if (i, j) != ends:
                    options = self.options(i, j)
                    costs[i, j] = min(
                        cost + costs[i + down, j + right] for _, cost, down, right in options
                    )
        return costs

    def options(self, i: int, j: int) -> list[tuple[Edit, float, int, int]]:
        """Return the edits that are possible here: cost, and how many steps of either side."""
        found = []
        if i < len(self.was):
            found.append((Edit.REMOVED, GAP, 1, 0))
        if j < len(self.now):
            beyond = self.goes_on and i == len(self.was)
            found.append((Edit.SAME, 0.0, 0, 1) if beyond else (Edit.ADDED, GAP, 0, 1))
        if i < len(self.was) and j < len(self.now):
            apart = distance(self.was[i], self.now[j])
            found.append((Edit.CHANGED, apart, 1, 1) if apart else (Edit.SAME, MATCH, 1, 1))
            if is_swap(self.was[i : i + 2], self.now[j : j + 2]):
                found.append((Edit.SWAPPED, SWAP, 2, 2))
        return found


def align(was: Sequence[Step], now: Sequence[Step], goes_on: bool = False) -> list[Change]:
    """Return what became of the steps of a history in the code, but for those that are the same.

    ``goes_on`` tells that the history is open, so that the code may do more.
    """
    return Alignment(was[:LIMIT], now[:LIMIT], goes_on).changes()


def is_swap(was: Sequence[Step], now: Sequence[Step]) -> bool:
    """Tell whether two steps changed places."""
    if len(was) < 2 or len(now) < 2 or not distance(was[0], was[1]):
        return False
    return not distance(was[0], now[1]) and not distance(was[1], now[0])


def distance(was: Step, now: Step) -> float:
    """Return how far a step of the code is from one of the history, 0 for the same."""
    if was.kind == now.kind:
        if (was.name, was.service) != (now.name, now.service):
            return RENAMED if was.id == now.id else 1.0
        if (was.seconds, was.content) != (now.seconds, now.content):
            return 0.2
        return 0.0 if was.id == now.id or is_counted(was, now) or is_drawn(was, now) else 0.5
    if {was.kind, now.kind} <= CLOSING or is_local_now(was, now):
        return 1.0
    if is_cancellation(was) is not is_cancellation(now):
        return 2.0
    return 1.2  # less than to remove one and to add the other


def is_cancellation(step: Step) -> bool:
    """Tell whether this cancels another step."""
    return step.kind in CANCELLATIONS


def is_counted(was: Step, now: Step) -> bool:
    """Tell whether both ids are the SDK's own numbers, which each step before them shifts."""
    return was.id.isdigit() and now.id.isdigit()


def is_drawn(was: Step, now: Step) -> bool:
    """Tell whether both ids are random: such as the SDK draws for Child Workflows."""
    return bool(UUID.fullmatch(was.id) and UUID.fullmatch(now.id))


def is_local_now(was: Step, now: Step) -> bool:
    """Tell whether an Activity became a Local Activity, or the other way round."""
    kinds = {"ActivityTaskScheduled", LOCAL_ACTIVITY}
    return {was.kind, now.kind} == kinds and was.name == now.name


def joined(changes: list[Change]) -> list[Change]:
    """Join what was removed here with the same added there, and two that changed places."""
    for number, one in enumerate(changes):
        for other in changes[number + 1 :]:
            if {one.edit, other.edit} == {Edit.REMOVED, Edit.ADDED}:
                was, now = one.was or other.was, one.now or other.now
                at = other.at if one.at is None else one.at
                if was and now and not distance(was, now):
                    changes[number] = Change(Edit.MOVED, was, now, at)
                    return joined([change for change in changes if change is not other])
            if one.edit is other.edit is Edit.CHANGED and is_swap(
                [step for step in (one.was, other.was) if step],
                [step for step in (one.now, other.now) if step],
            ):
                swapped = {id(one), id(other)}
                return joined(
                    [replace(c, edit=Edit.SWAPPED) if id(c) in swapped else c for c in changes]
                )
    return changes
