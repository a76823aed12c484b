"""Aligns the rest of a history with the rest of the Commands: what was added, removed, changed."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from replaygate.events import CLOSING
from replaygate.steps import LOCAL_ACTIVITY, Step

LIMIT = 150  # steps on either side that are looked at
SWAPPED, GAP, TAIL = 1.0, 1.0, 0.25  # what a difference costs; TAIL: where a side just goes on


class Edit(enum.Enum):
    """How a step of the history became a step of the code."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    CHANGED = "changed"
    SWAPPED = "swapped"  # with the next
    MOVED = "moved"  # further away


@dataclass(frozen=True)
class Change:
    """An edit, and where it lies: indexes of the history's step and of the code's."""

    edit: Edit
    was: int | None
    now: int | None


@dataclass(frozen=True)
class Ends:
    """Whether the sides are complete: the Execution closed, the code ended."""

    history: bool
    code: bool


def align(was: Sequence[Step], now: Sequence[Step], ends: Ends) -> list[Change]:
    """Return the cheapest way in which the steps of the history became those of the code."""
    was, now = was[:LIMIT], now[:LIMIT]
    costs = cheapest(was, now, ends)
    changes: list[Change] = []
    i = j = 0
    while i < len(was) or j < len(now):
        change = next(
            change
            for change in possible(was, now, i, j)
            if abs(cost_of(change, was, now, ends) + costs[after(change, i, j)] - costs[i, j]) < 1e-9
        )
        changes.append(change)
        i, j = after(change, i, j)
    return moved(changes, was, now)


def cheapest(
    was: Sequence[Step], now: Sequence[Step], ends: Ends
) -> dict[tuple[int, int], float]:
    """Return for each pair of positions the cost of aligning what comes from there on."""
    costs = {(len(was), len(now)): 0.0}
    for i in range(len(was), -1, -1):
        for j in range(len(now), -1, -1):
            if (i, j) not in costs:
                costs[i, j] = min(
                    cost_of(change, was, now, ends) + costs[after(change, i, j)]
                    for change in possible(was, now, i, j)
                )
    return costs


def possible(was: Sequence[Step], now: Sequence[Step], i: int, j: int) -> list[Change]:
    """Return the edits that can stand at these positions, the likeliest of equal cost first."""
    found = []
    if i < len(was) and j < len(now):
        edit = Edit.CHANGED if distance(was[i], now[j]) else Edit.SAME
        found.append(Change(edit, i, j))
        if is_swap(was[i : i + 2], now[j : j + 2]):
            found.insert(0, Change(Edit.SWAPPED, i, j))
    if i < len(was):
        found.append(Change(Edit.REMOVED, i, None))
    if j < len(now):
        found.append(Change(Edit.ADDED, None, j))
    return sorted(found, key=lambda change: change.edit is Edit.CHANGED)


def after(change: Change, i: int, j: int) -> tuple[int, int]:
    """Return the positions behind an edit."""
    width = 2 if change.edit is Edit.SWAPPED else 1
    return (
        i + width * (change.was is not None),
        j + width * (change.now is not None),
    )


def cost_of(change: Change, was: Sequence[Step], now: Sequence[Step], ends: Ends) -> float:
    """Return what an edit costs."""
    if change.edit is Edit.SWAPPED:
        return SWAPPED
    if change.was is not None and change.now is not None:
        return distance(was[change.was], now[change.now])
    return GAP


def is_swap(was: Sequence[Step], now: Sequence[Step]) -> bool:
    """Tell whether two steps changed places."""
    if len(was) < 2 or len(now) < 2 or not distance(was[0], was[1]):
        return False
    return not distance(was[0], now[1]) and not distance(was[1], now[0])


def distance(was: Step, now: Step) -> float:
    """Return how far a step of the code is from one of the history, 0 for the same."""
    if was.kind == now.kind:
        if was.name != now.name or was.service != now.service:
            return 1.0
        if was.kind == "TimerStarted":
            return 0.2 if was.seconds != now.seconds else 0.0
        return 0.0 if was.id == now.id or is_counted(was, now) else 0.5
    if {was.kind, now.kind} <= CLOSING or is_local_now(was, now):
        return 1.0
    return 1.6  # less than to remove one and to add the other


def is_counted(was: Step, now: Step) -> bool:
    """Tell whether ids are the SDK's own numbers, which shift with each step before."""
    return was.id.isdigit() and now.id.isdigit()


def is_local_now(was: Step, now: Step) -> bool:
    """Tell whether an Activity became a Local Activity, or the other way round."""
    kinds = {"ActivityTaskScheduled", LOCAL_ACTIVITY}
    return {was.kind, now.kind} == kinds and was.name == now.name


def moved(changes: Sequence[Change], was: Sequence[Step], now: Sequence[Step]) -> list[Change]:
    """Join what was removed in one place with the same that was added in another."""
    joined = list(changes)
    for removed in [c for c in changes if c.edit is Edit.REMOVED and c.was is not None]:
        for added in [c for c in joined if c.edit is Edit.ADDED]:
            assert removed.was is not None
            assert added.now is not None
            if not distance(was[removed.was], now[added.now]):
                joined[joined.index(removed)] = Change(Edit.MOVED, removed.was, added.now)
                joined.remove(added)
                break
    return joined
