"""The recordings made before the sleep was added, and those that hold every SDK version's way."""

import re

import pytest

from replaygate.verdict import Outcome, Verdict
from tests.recordings.judged import judged
from tests.recordings.scenarios import ALL, BEFORE_SLEEP, RECORDINGS, Recording
from tests.recordings.those import those


@pytest.fixture(scope="module")
def today() -> dict[str, Verdict]:
    """What the gate says of the recordings on today's code, by their names."""
    return judged(those_before_sleep())


@pytest.fixture(scope="module")
def without_sleep() -> dict[str, Verdict]:
    """What the gate says of them on the code that they were made with."""
    return judged(those_before_sleep(), f"{BEFORE_SLEEP}:BackgroundCheck")


def those_before_sleep() -> list[Recording]:
    """Return the recordings that were made before the sleep was added."""
    return [r for r in RECORDINGS.values() if r.scenario.workflow == BEFORE_SLEEP]


@those(replays=False)
def test_refused(recording: Recording, today: dict[str, Verdict]) -> None:
    """A recording from before the sleep that draws below 50 does not replay any more.

    Claims: 9, 39
    """
    verdict = today[recording.name]
    assert verdict.outcome is Outcome.INCOMPATIBLE
    assert verdict.diagnosis
    assert re.search(r"does not handle this event.*ActivityTask", verdict.diagnosis.sdk)


@those(workflow=BEFORE_SLEEP)
def test_sleep_removed_again(recording: Recording, without_sleep: dict[str, Verdict]) -> None:
    """Without the sleep, the recordings made before it replay, whatever they draw.

    Claims: 43
    """
    verdict = without_sleep[recording.name]
    assert (verdict.outcome, verdict.differs) == (Outcome.REPLAYS, "")


@pytest.mark.parametrize("name", ["no-timer", "timer"])
def test_old_sdks_are_covered(name: str) -> None:
    """Both branches are recorded by every SDK version that the suite knows."""
    assert {r.sdk for r in RECORDINGS.values() if r.scenario.name == name} == set(ALL)
