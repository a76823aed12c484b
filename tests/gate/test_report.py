"""What a run comes to, as data."""

import time
from dataclasses import replace

import pytest

from replaygate.report import Report
from replaygate.verdict import Frame, Outcome, Verdict
from tests.support.verdicts import (
    EVERY_KIND,
    RAISES,
    SLEEP_REMOVED,
    incompatible,
    replays,
    unverified,
)

NOT_BEGUN = Verdict("begun", Outcome.NOT_BEGUN)
CUT_OFF = Verdict("cut.json", Outcome.NOT_BEGUN, "it proves nothing")  # a file, perhaps
GONE = Verdict("gone", Outcome.GONE)
ELSEWHERE = replace(SLEEP_REMOVED, stood_at=(Frame("other.py", 1, "run"),))


@pytest.mark.parametrize(
    ("report", "status"),
    [
        pytest.param(Report((replays(),)), 0, id="all-replay"),
        pytest.param(Report((replays(), NOT_BEGUN, GONE)), 0, id="not-begun-and-gone"),
        pytest.param(Report((replace(replays(), differs="x", stuck="y"),)), 0, id="remarkable"),
        pytest.param(Report((replays(), incompatible("b"))), 1, id="incompatible"),
        pytest.param(Report((unverified("a"), incompatible("b")), errors=("x",)), 1, id="all-bad"),
        pytest.param(Report((replays(), unverified("b"))), 2, id="unverified"),
        pytest.param(Report((replays(),), errors=("x",)), 2, id="error"),
        pytest.param(Report((NOT_BEGUN, GONE)), 2, id="nothing-replayed"),
        pytest.param(Report((replays(), CUT_OFF)), 2, id="perhaps-cut-off"),
        pytest.param(Report(), 2, id="empty"),
    ],
)
def test_status(report: Report, status: int) -> None:
    """Incompatible is 1, nothing proven is 2, and only what all replays is 0."""
    assert report.status == status


def test_counts() -> None:
    """Each outcome is counted, and stuck Executions beside them."""
    assert EVERY_KIND.counts == {
        Outcome.REPLAYS: 4,
        Outcome.INCOMPATIBLE: 2,
        Outcome.UNVERIFIED: 1,
        Outcome.NOT_BEGUN: 1,
        Outcome.GONE: 1,
    }
    stuck = tuple(replace(replays(name), stuck="ValueError: no") for name in "ab")
    assert Report((*stuck, replace(replays(), differs="x"))).stuck == 2
    assert set(Report().counts.values()) == {0}


def test_order() -> None:
    """Verdicts are in the natural order of their names, whatever digits the names hold."""
    names = ["a2", "a02", "a10", "b", "1" * 10_000, ""]
    ordered = [verdict.name for verdict in Report(tuple(map(replays, names))).verdicts]
    assert ordered == ["", "1" * 10_000, "a02", "a2", "a10", "b"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(replace(incompatible("a"), workflow_type="X"), incompatible("b"), id="type"),
        pytest.param(
            incompatible("a", replace(SLEEP_REMOVED, event_type="X")), incompatible("b"), id="event"
        ),
        pytest.param(
            incompatible("a", replace(SLEEP_REMOVED, command_type="X")),
            incompatible("b"),
            id="command",
        ),
        pytest.param(incompatible("a", ELSEWHERE), incompatible("b"), id="line"),
        pytest.param(incompatible("a", RAISES), incompatible("b"), id="exception"),
        pytest.param(unverified("a", "not JSON"), unverified("b", "no Event"), id="reason"),
    ],
)
def test_kinds(one: Verdict, other: Verdict) -> None:
    """Failures are of one kind if Workflow, Event, Command and line are the same, or the reason."""
    alike = replace(other, name="c")
    groups = Report((alike, one, other)).groups
    assert [group.verdicts for group in groups] == [(other, alike), (one,)]


def test_order_of_groups() -> None:
    """What is incompatible comes first, then what is not verified, large groups before small."""
    unproven = [unverified(name) for name in "abc"]
    report = Report((*unproven, incompatible("d", RAISES), incompatible("e"), incompatible("f")))
    sizes = [(group.outcome, len(group.verdicts)) for group in report.groups]
    assert sizes == [
        (Outcome.INCOMPATIBLE, 2),
        (Outcome.INCOMPATIBLE, 1),
        (Outcome.UNVERIFIED, 3),
    ]
    assert report.groups[0].key == (
        "Greeting",
        "TimerStarted",
        "ScheduleActivityTask",
        "flows.py:25",
    )
    assert report.groups[1].key == ("Greeting", "", "", "flows.py:30")


@pytest.mark.parametrize(
    ("report", "said"),
    [
        pytest.param(Report(), True, id="empty"),
        pytest.param(Report((NOT_BEGUN,)), True, id="not-begun"),
        pytest.param(Report((replays(),)), False, id="replays"),
        pytest.param(Report((unverified("a"),)), False, id="unverified"),
        pytest.param(Report(errors=("x",)), False, id="error"),
    ],
)
def test_nothing_replayed(report: Report, said: bool) -> None:
    """A run that is red says why, even if no history was replayed."""
    assert ("No history was replayed, so nothing is verified." in report.problems) is said


def test_large() -> None:
    """A report of 10,000 failures takes two seconds of a core at most."""
    started = time.thread_time()
    report = Report(tuple(incompatible(f"{n}.json") for n in range(10_000)))
    assert len(report.groups[0].verdicts) == 10_000
    assert time.thread_time() - started < 2


def test_a_file_that_has_not_begun_is_named() -> None:
    """A file may have been cut off, so one that has not begun is said to prove nothing."""
    several = Report((replays(), CUT_OFF, NOT_BEGUN, CUT_OFF))
    assert several.problems == ("cut.json and 1 more: it proves nothing",)
    assert Report((replays(), NOT_BEGUN)).problems == ()
