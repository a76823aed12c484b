"""Aligns steps of which some may stand anywhere.

The Marker of a Local Activity is written when it ends, an Update is accepted when it comes: where
something else changed, these are no change of their own.
"""

from collections.abc import Sequence
from dataclasses import replace

from replaygate.diagnosis.alignment import Change, align
from replaygate.diagnosis.step import ACCEPTED, LOCAL_ACTIVITY, UPDATED, Step


def align_loosely(
    was: Sequence[Step], now: Sequence[Step], goes_on: bool, breaks_off: bool = False
) -> list[Change]:
    """Align steps, as ``align`` does, but let those stand anywhere."""
    left = [*enumerate(now)]
    others = []
    for step in was:
        pair = next((one for one in left if is_anywhere(step, one[1])), None)
        if pair:
            left.remove(pair)
        else:
            others.append(step)
    changes = align(others, [step for _, step in left], goes_on, breaks_off)
    if not changes or len(others) == len(was):
        return align(was, now, goes_on, breaks_off)
    places = [place for place, _ in left]
    return [c if c.at is None else replace(c, at=places[c.at]) for c in changes]


def is_anywhere(was: Step, now: Step) -> bool:
    """Tell whether both are the same step, and may stand anywhere."""
    if was.kind != now.kind:
        return False
    if was.kind == LOCAL_ACTIVITY:
        return was.name == now.name
    return was.kind in (ACCEPTED, UPDATED) and was.id == now.id
