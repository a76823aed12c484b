"""Slices: cut by counts, into parts of about the same size, but the last."""

import itertools
from bisect import bisect_left

import pytest

from replaygate.shadow.request import Slice
from replaygate.shadow.slicing import FULL, MOST, cut, parts

NOW = 1_795_600_000_000_000
DAY = 86_400_000_000


async def slices(times: list[int], number: int, slots: int = 1) -> tuple[list[Slice], int]:
    """Cut all times into parts; return them, and how many counts that took."""
    times, asked = sorted(times), 0

    async def count(start: int, end: int) -> int:
        nonlocal asked
        asked += 1
        return bisect_left(times, end) - bisect_left(times, start)

    found = await cut(Slice(0, NOW, len(times)), number, slots, count)
    assert sum(each.count for each in found) == len(times)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    for each in found:
        assert each.count == bisect_left(times, each.end) - bisect_left(times, each.start)
    return found, asked


async def test_spread() -> None:
    """Executions of a month are cut into parts of about one size, for a few counts each."""
    times = [NOW - DAY * 30 + each * 2_592_000_000 for each in range(1_000)]
    found, asked = await slices(times, 8)
    assert [each.count for each in found] == pytest.approx([125] * 8, abs=13)
    assert asked < 60


async def test_bursts() -> None:
    """Executions that come in bursts are cut inside of them."""
    times = [NOW - DAY * burst + each for burst in (1, 40, 900) for each in range(500)]
    found, _ = await slices(times, 10)
    assert [each.count for each in found] == pytest.approx([150] * 10, abs=16)


async def test_the_last_ones_are_small() -> None:
    """What each of several slots gets last is small, and still none is too large."""
    times = [NOW - DAY * 30 + each * 864_000_000 for each in range(3_000)]
    found, _ = await slices(times, 6, slots=2)
    assert [each.count for each in found] == pytest.approx([667] * 4 + [167] * 2, abs=35)
    assert max(each.count for each in found) < FULL * 500


async def test_one_moment() -> None:
    """Executions of the same microsecond can't be cut."""
    found, _ = await slices([NOW - DAY] * 1_000, 10)
    assert [each.count for each in found] == [1_000]
    assert found[0].end - found[0].start >= 1


@pytest.mark.parametrize(
    ("count", "slots", "expected"),
    [
        (0, 4, 1),
        (20, 1, 1),
        (90, 4, 1),
        (100, 4, 4),
        (3_000, 2, 6),
        (3_000, 4, 8),
        (10**6, 4, MOST),
    ],
)
def test_parts(count: int, slots: int, expected: int) -> None:
    """Each slot gets as many slices as the others, of at most 500, unless there are too few."""
    assert parts(count, 500, slots) == expected
