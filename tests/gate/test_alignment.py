"""Aligning steps: what was added, removed, exchanged, renamed or reordered."""

import pytest

from replaygate.diagnosis.alignment import Change, Edit, align
from replaygate.diagnosis.step import Step

A, B, C = (Step("ActivityTaskScheduled", name) for name in "abc")
TIMER, LONG = (Step("TimerStarted", seconds=seconds) for seconds in (1, 60))
LOCAL = Step("LocalActivity", "a")
END = Step("WorkflowExecutionCompleted")


@pytest.mark.parametrize(
    ("was", "now", "edit", "first"),
    [
        pytest.param([A, B, END], [B, END], Edit.REMOVED, (A, None), id="removed"),
        pytest.param([A, END], [END], Edit.REMOVED, (A, None), id="last-removed"),
        pytest.param([B, END], [A, B, END], Edit.ADDED, (None, A), id="added"),
        pytest.param([END], [A, END], Edit.ADDED, (None, A), id="added-at-the-end"),
        pytest.param([A, END], [B, END], Edit.CHANGED, (A, B), id="renamed"),
        pytest.param([A, B, END], [TIMER, B, END], Edit.CHANGED, (A, TIMER), id="exchanged"),
        pytest.param([A, B, END], [B, A, END], Edit.SWAPPED, (A, B), id="swapped"),
        pytest.param([A, TIMER, END], [TIMER, A, END], Edit.SWAPPED, (A, TIMER), id="timer"),
        pytest.param([A, B, C, END], [B, C, A, END], Edit.MOVED, (A, A), id="moved"),
        pytest.param([A, B, C], [C, B, A], Edit.SWAPPED, (A, C), id="swapped-far"),
        pytest.param([A, END], [LOCAL, END], Edit.CHANGED, (A, LOCAL), id="made-local"),
    ],
)
def test_the_first_edit(
    was: list[Step], now: list[Step], edit: Edit, first: tuple[Step | None, Step | None]
) -> None:
    """The cheapest way from the history to the code begins with the edit that was made."""
    change = align(was, now)[0]
    assert (change.edit, (change.was, change.now)) == (edit, first)


def test_the_same_steps() -> None:
    """Where all steps are the same there is no edit, whatever numbers the SDK gave them."""
    was = [Step("ActivityTaskScheduled", "a", "1"), END]
    now = [Step("ActivityTaskScheduled", "a", "2"), END]
    assert align(was, now) == []


def test_lengths_tell_timers_apart() -> None:
    """A Timer that was added before another is told from that by its length."""
    assert align([TIMER, END], [LONG, TIMER, END]) == [Change(Edit.ADDED, None, LONG, 0)]


def test_a_step_that_moved_is_one_edit() -> None:
    """A step that was removed in one place and added in another was moved."""
    assert align([A, B, C, END], [B, C, A, END]) == [Change(Edit.MOVED, A, A, 2)]


def test_a_long_rest() -> None:
    """Of thousands of steps, those near the difference are looked at."""
    was, now = [A, *[B, C] * 5_000, END], [*[B, C] * 5_000, END]
    assert align(was, now)[0] == Change(Edit.REMOVED, A)
