"""What ``explain`` says of histories that are made up, or of what few Workflows do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from replaygate.explain.explanation import Explanation
from replaygate.targets.target import Target
from tests.support.explained import explained_file, innermost, places, woken
from tests.support.made_up import CODE, both_at_once, open_history, signals_at_once
from tests.support.programs import ROOT

TellMadeUp = Callable[[str], Explanation]


@pytest.fixture
def tell_made_up(tmp_path: Path) -> TellMadeUp:
    """Return a function that explains a history that is made up."""

    def told(history: str) -> Explanation:
        (tmp_path / "made_up.py").write_text(CODE)
        (tmp_path / "it.json").write_text(history)
        return explained_file(tmp_path / "it.json", Target("made_up:WORKFLOWS", "", str(tmp_path)))

    return told


def line_of_code(text: str) -> int:
    """Return the last line of the made-up Workflows that holds this text."""
    return max(n for n, line in enumerate(CODE.splitlines(), 1) if text in line)


def test_two_events_before_one_workflow_task(tell_made_up: TellMadeUp) -> None:
    """Of two Timers that fire before one Workflow Task, each wakes its own line."""
    told = tell_made_up(both_at_once())
    lines = [woken(told, "TimerFired", number)[0][1] for number in (0, 1)]
    assert lines == [line_of_code("sleep(2)"), line_of_code("self.one()") + 3]


@pytest.mark.parametrize(
    ("names", "number"),
    [
        pytest.param(("first", "unheard"), 0, id="the-first"),
        pytest.param(("unheard", "first"), 1, id="the-last"),
        pytest.param(("other", "first", "unheard"), 1, id="between"),
    ],
)
def test_the_signal_that_makes_a_condition_true(
    tell_made_up: TellMadeUp, names: tuple[str, ...], number: int
) -> None:
    """Of several Signals before one Workflow Task, the one that was waited for wakes the line."""
    told = tell_made_up(signals_at_once(*names))
    waits = line_of_code('"first" in self.seen')
    woke = [woken(told, "WorkflowExecutionSignaled", each) for each in range(len(names))]
    assert [each for each, lines in enumerate(woke) if waits in dict(lines).values()] == [number]


def test_a_stuck_execution(tell_made_up: TellMadeUp) -> None:
    """Of an Execution whose Workflow Task fails, the line is named that raises."""
    told = tell_made_up(signals_at_once("first"))
    assert told.verdict.stuck == "KeyError: 'nobody'"
    assert innermost(told.raised_at)[1] == line_of_code('{}["nobody"]')


def test_behind_a_context_manager_and_a_generator(tell_made_up: TellMadeUp) -> None:
    """The line behind async with and async for is named, and what the methods look at there."""
    (standing,) = tell_made_up(open_history("Guarded")).tasks[0].stands
    waits = line_of_code("self.is_unlocked()")
    calls = [line_of_code("in self.locks()"), line_of_code("with self.door()")]
    lines = [line for _, line in places(standing.frames)]
    assert [lines[-1], *dict.fromkeys(reversed(lines[:-1]))] == [waits, *calls]
    assert standing.state == (("self.keys", "[]"),)


def test_a_nexus_operation_that_ends_at_once() -> None:
    """Where one Event tells of start and end, it wakes all that both wake."""
    flow = Target("tests.support.flows.nexus:Flow", "", str(ROOT))
    told = explained_file(ROOT / "tests" / "gate" / "histories" / "nexus.json", flow)
    assert all(woke.event_id for task in told.tasks for woke in task.woke)
    assert [len(row.woke) for row in told.rows if row.type == "NexusOperationCompleted"] == [1, 1]
