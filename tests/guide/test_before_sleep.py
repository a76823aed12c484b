"""The recordings made before the sleep was added, and those that hold every SDK version's way."""

import re

import pytest

from history import load
from tests.recordings.scenarios import ALL, BEFORE_SLEEP, RECORDINGS, Recording
from tests.recordings.those import those
from tests.support import before_sleep
from verdict import INCOMPATIBLE, REPLAYS, replay


@those(replays=False)
async def test_refused(recording: Recording) -> None:
    """A recording from before the sleep that draws below 50 does not replay any more.

    Claims: 9, 39
    """
    verdict = await replay(load(recording.path))
    assert verdict.outcome == INCOMPATIBLE
    assert re.search(r"does not handle this event.*ActivityTask", verdict.sdk)


@those(workflow=BEFORE_SLEEP)
async def test_sleep_removed_again(recording: Recording) -> None:
    """Without the sleep, the recordings made before it replay, whatever they draw.

    Claims: 43
    """
    verdict = await replay(load(recording.path), [before_sleep.BackgroundCheck])
    assert (verdict.outcome, verdict.returns) == (REPLAYS, "")


@pytest.mark.parametrize("name", ["no-timer", "timer"])
def test_old_sdks_are_covered(name: str) -> None:
    """Both branches are recorded by every SDK version that the suite knows."""
    assert {r.sdk for r in RECORDINGS.values() if r.scenario.name == name} == set(ALL)
