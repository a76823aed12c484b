"""Cuts a slice into smaller ones of about the same number of Executions, but the last of them."""

import itertools
import math
from bisect import bisect_right
from collections.abc import Awaitable, Callable

from replaygate.shadow.request import Slice

MOST = 64  # parts of a slice; what is still too large is cut again
WORTH = 25  # Executions that a slot should have at least, where there are several slots
TOLERANCE = 0.05  # by which share of its size a part may be too large or too small
FULL = 1.5  # times the wanted size; a larger slice is cut
SMALL = 0.25  # of the others is what each slot gets last, so that none waits long for another

Count = Callable[[int, int], Awaitable[int]]


def parts(count: int, size: int, slots: int) -> int:
    """Return into how many parts so many Executions are cut; each slot gets as many as others."""
    wanted = math.ceil(count / size)
    if count >= slots * WORTH:
        wanted = math.ceil(wanted / slots) * slots
    return max(1, min(wanted, MOST))


def weights(number: int, slots: int) -> list[float]:
    """Return how large so many parts are beside each other: all alike, but each slot's last."""
    small = slots if 1 < slots <= number // 3 else 0
    return [1.0] * (number - small) + [SMALL] * small


async def cut(whole: Slice, number: int, slots: int, count: Count) -> list[Slice]:
    """Cut a slice that was counted into about so many parts; fewer where it can't be cut.

    It asks for few counts: each one is kept, and between two of them it guesses by turns that
    Executions are spread evenly, and in the middle.
    """
    known = {whole.start: 0, whole.end: whole.count}  # how many lie before a place
    places = {whole.start, whole.end}
    sizes = weights(number, slots)
    unit = whole.count / sum(sizes)
    for before, size in itertools.pairwise(itertools.accumulate(sizes)):
        places.add(await place_of(before * unit, (size - before) * unit, known, count))
    ends = sorted(places)
    slices = [
        Slice(start, end, known[end] - known[start]) for start, end in itertools.pairwise(ends)
    ]
    return [part for part in slices if part.count]


async def place_of(rank: float, size: float, known: dict[int, int], count: Count) -> int:
    """Return a place that about so many lie before, and add what was counted to what is known."""
    for turn in range(128):  # it halves at every other turn, and a place has 64 bits
        places = sorted(known)
        index = bisect_right(places, rank, key=lambda place: known[place])
        index = min(max(index, 1), len(places) - 1)
        low, high = places[index - 1], places[index]
        nearest = min((low, high), key=lambda place: abs(known[place] - rank))
        if abs(known[nearest] - rank) <= TOLERANCE * size or high - low < 2:
            return nearest
        share = (rank - known[low]) / (known[high] - known[low]) if turn % 2 else 0.5
        middle = min(max(low + int((high - low) * share), low + 1), high - 1)
        # They come and go meanwhile, and the order must hold.
        known[middle] = min(known[low] + await count(low, middle), known[high])
    return nearest
