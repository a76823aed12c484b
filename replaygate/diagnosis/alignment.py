"""Aligns the rest of a history with the rest of the Commands: what was added, removed, changed."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from replaygate.diagnosis.distance import CONTENT, distance, is_swap
from replaygate.diagnosis.step import LOCAL_ACTIVITY, Step

LIMIT = 100  # steps on either side that are looked at
SWAP, GAP = 1.0, 1.0  # what an edit costs
MATCH = -0.01  # and what is the same: of two ways, the one that keeps more is likelier


class Edit(enum.Enum):
    """How a step of the history became one of the code. Of equal cost, the first is likeliest."""

    SAME = 0
    SWAPPED = 1  # with the next, or with the one that says so too
    CHANGED = 2
    REMOVED = 3
    ADDED = 4
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
    breaks_off: bool = False  # the code was not run on to its end: what may follow is no change

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
            beyond = self.breaks_off and j == len(self.now) > 0
            found.append((Edit.SAME, 0.0, 1, 0) if beyond else (Edit.REMOVED, GAP, 1, 0))
        if j < len(self.now):
            beyond = self.goes_on and i == len(self.was)
            found.append((Edit.SAME, 0.0, 0, 1) if beyond else (Edit.ADDED, GAP, 0, 1))
        if i < len(self.was) and j < len(self.now):
            apart = distance(self.was[i], self.now[j])
            match = MATCH if self.was[i].input == self.now[j].input else MATCH / 2
            found.append((Edit.CHANGED, apart, 1, 1) if apart else (Edit.SAME, match, 1, 1))
            if is_swap(self.was[i : i + 2], self.now[j : j + 2]):
                found.append((Edit.SWAPPED, SWAP, 2, 2))
        return found


def is_compared(change: Change) -> bool:
    """Tell whether Core notices a change; the length of a Timer, for one, may be another."""
    return not (change.was and change.now) or distance(change.was, change.now) != CONTENT


def align(
    was: Sequence[Step], now: Sequence[Step], goes_on: bool = False, breaks_off: bool = False
) -> list[Change]:
    """Return what became of the steps of a history in the code, but for those that are the same.

    ``goes_on`` tells that the history is open, so that the code may do more, and ``breaks_off``
    that the code was not run on to its end, so that it may still do what is left.
    """
    return Alignment(was[:LIMIT], now[:LIMIT], goes_on, breaks_off).changes()


def joined(changes: list[Change]) -> list[Change]:
    """Join two changes that are one: what was moved, exchanged with each other, put before."""
    for number, one in enumerate(changes):
        for other in changes[number + 1 :]:
            if pair := together(one, other):
                left = [change for change in changes if change is not other]
                left[number : number + 1] = pair
                return joined(left)
    return changes


def together(one: Change, other: Change) -> list[Change]:
    """Return what two changes are in one; nothing where each is a change of its own."""
    edits = one.edit, other.edit
    was, now = one.was or other.was, one.now or other.now
    if set(edits) == {Edit.REMOVED, Edit.ADDED} and is_same(was, now):
        return [Change(Edit.MOVED, was, now, other.at if one.at is None else one.at)]
    if edits == (Edit.ADDED, Edit.REMOVED) and other.was and other.was.kind == LOCAL_ACTIVITY:
        return [Change(Edit.CHANGED, other.was, one.now, one.at)]  # its Marker came later
    if edits == (Edit.CHANGED, Edit.ADDED) and is_same(one.was, other.now):
        return [Change(Edit.ADDED, now=one.now, at=one.at)]  # before what comes later now
    if edits == (Edit.CHANGED, Edit.REMOVED) and is_same(other.was, one.now):
        return [Change(Edit.REMOVED, was=one.was)]  # and what came later comes in its place
    if edits == (Edit.CHANGED, Edit.CHANGED) and (
        is_same(one.was, other.now) and is_same(other.was, one.now)
    ):
        return [replace(change, edit=Edit.SWAPPED) for change in (one, other)]
    return []


def is_same(was: Step | None, now: Step | None) -> bool:
    """Tell whether both are the same step."""
    return bool(was and now and not distance(was, now))
