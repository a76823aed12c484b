"""Replays in processes: how many there are changes nothing, and one that is lost costs one."""

import time
from pathlib import Path

import pytest

from tests.support.damaged import TIMER, history
from tests.support.gate import (
    BAD,
    GOOD,
    HANGS,
    LOOPS,
    OTHER_GOOD,
    SLEEP,
    counts,
    failures,
    put,
)
from tests.support.programs import GATE, Project, status

PANICS = history([TIMER[0], *TIMER[:0:-1]])  # if nobody looks at it before
CHECK = "check(found.events)"
ALSO_GOOD = "draw-50.python-1.35.0.json"


@pytest.mark.parametrize("jobs", ["1", "3"])
async def test_any_number_of_processes_says_the_same(gate: Project, jobs: str) -> None:
    """The number of processes changes nothing in what is said, nor in the order of it."""
    put(gate, b"{}", BAD, b"", GOOD, OTHER_GOOD, b"[]")
    found = await gate.run(*GATE, "given", "--jobs", jobs)
    assert status(found) == 1
    assert [Path(name).name for name in failures(found)] == [BAD, "0.json", "2.json", "5.json"]
    assert counts(found) == (2, 1, 3)


async def test_a_panic_is_named(gate: Project) -> None:
    """A history on which Core panics is named within seconds, and the rest are replayed."""
    gate.change("replaygate/judging/serving.py", CHECK, "pass")
    put(gate, PANICS, GOOD, OTHER_GOOD)
    since = time.monotonic()
    found = await gate.run(*GATE, "given")
    assert time.monotonic() - since < 10  # a third of the time-out
    assert (status(found), counts(found)) == (2, (2, 0, 1))
    assert [*failures(found).values()] == ["the SDK's Core panics on it, as on damaged histories"]


async def test_code_that_does_not_yield_is_incompatible(gate: Project) -> None:
    """Where a Worker would see a deadlock, the history fails with its code, and the rest go on."""
    gate.change("backgroundcheck.py", SLEEP, LOOPS)
    put(gate, GOOD, OTHER_GOOD, ALSO_GOOD)
    found = await gate.run(*GATE, "given")
    assert (status(found), counts(found)) == (1, (2, 1, 0))
    assert "[TMPRL1101]" in failures(found)[f"given/{GOOD}"]
    assert LOOPS in found.err


async def test_a_hang_is_given_up(gate: Project) -> None:
    """A history without an answer in time is given up and named, and the rest are replayed."""
    gate.change("backgroundcheck.py", SLEEP, HANGS)
    put(gate, GOOD, OTHER_GOOD, ALSO_GOOD)
    found = await gate.run(*GATE, "given", "--timeout", "1.5")
    assert (status(found), counts(found)) == (2, (2, 0, 1))
    expected = "there is no answer within 1.5 s; more time: replaygate check --timeout S"
    assert failures(found) == {f"given/{GOOD}": expected}
