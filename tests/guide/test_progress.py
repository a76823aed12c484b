"""How Workflow code progresses, read off ``explain``: what the guide says of each Event."""

from functools import cache
from pathlib import Path

import pytest

from replaygate.events import COMMANDS
from replaygate.explain.explanation import Explanation
from replaygate.targets.target import Target
from tests.recordings.scenarios import HISTORIES
from tests.support.explained import explained_file, innermost, row, woken
from tests.support.programs import ROOT

WORKER = Target("worker:backgroundcheck_worker", "connection:connect", str(ROOT))
CODE = (ROOT / "backgroundcheck.py").read_text().splitlines()
AWAKE, ASLEEP = "no-timer.python-1.35.0.json", "timer.python-1.35.0.json"

both = pytest.mark.parametrize(
    "recording", [pytest.param(AWAKE, id="no-timer"), pytest.param(ASLEEP, id="timer")]
)


@cache
def told(recording: str) -> Explanation:
    return explained_file(HISTORIES / recording, WORKER)


def line(beginning: str) -> tuple[str, int]:
    """Return the line of the Workflow that begins so."""
    found = [n for n, text in enumerate(CODE, 1) if text.strip().startswith(beginning)]
    assert len(found) == 1
    return "backgroundcheck.py", found[0]


DRAW, SLEEP, CALL = line("random_number = "), line("await asyncio.sleep"), line("return await")
LOG = line("workflow.logger")


@both
def test_a_command_has_its_line_and_nothing_else_has(recording: str) -> None:
    """Exactly the Events of Commands come from a line of code; the others answer from outside.

    Claims: 27
    """
    for event in told(recording).rows:
        assert bool(event.frames) == (event.type in COMMANDS), event


@both
def test_where_the_code_begins(recording: str) -> None:
    """WorkflowExecutionStarted begins the code at its first line.

    Claims: 28
    """
    assert woken(told(recording), "WorkflowExecutionStarted") == [DRAW]


@both
def test_what_runs_no_workflow_code(recording: str) -> None:
    """While a task waits, and when a Worker takes it, no Workflow code runs.

    Claims: 29, 30, 33
    """
    kinds = ("WorkflowTaskScheduled", "WorkflowTaskStarted", "ActivityTaskStarted")
    silent = [event for event in told(recording).rows if event.type in kinds]
    assert len(silent) >= 5
    assert not any(event.frames or event.woke or event.task is not None for event in silent)


@both
def test_a_workflow_task_runs_as_far_as_the_code_goes(recording: str) -> None:
    """With each WorkflowTaskCompleted the code ran to where it waits, in the last one to its end.

    Claims: 31
    """
    tasks = told(recording).tasks
    waits = [innermost(standing.frames) for task in tasks for standing in task.stands]
    assert waits == ([SLEEP, CALL] if recording == ASLEEP else [CALL])
    assert len(tasks) == len(waits) + 1


@both
def test_the_activity(recording: str) -> None:
    """The call schedules the Activity, and its result wakes that very line.

    Claims: 32, 34
    """
    assert innermost(row(told(recording), "ActivityTaskScheduled").frames) == CALL
    assert woken(told(recording), "ActivityTaskCompleted") == [CALL]


@both
def test_the_end(recording: str) -> None:
    """The code goes on with the result in the last Workflow Task, and its return closes the run.

    Claims: 35
    """
    end = told(recording).rows[-1]
    assert (end.command, innermost(end.frames)) == ("CompleteWorkflowExecution", CALL)
    ((file, lines),) = told(recording).tasks[-1].ran
    assert (Path(file).name, *lines) == CALL


def test_the_timer() -> None:
    """The sleep is the Command StartTimer, and TimerFired wakes that very line.

    Claims: 36
    """
    started = row(told(ASLEEP), "TimerStarted")
    assert (started.command, innermost(started.frames)) == ("StartTimer", SLEEP)
    assert woken(told(ASLEEP), "TimerFired") == [SLEEP]


def test_the_draw_is_the_same_again() -> None:
    """Replay draws the number anew, and takes the branch that was recorded.

    Claims: 37
    """
    for recording, sleeps in ((AWAKE, False), (ASLEEP, True)):
        (ran,) = told(recording).tasks[0].ran
        assert DRAW[1] in ran[1]
        assert (SLEEP[1] in ran[1]) is sleeps


def test_the_log_line_is_silent() -> None:
    """The log line runs again in replay, and says nothing.

    Claims: 38
    """
    said = [one for task in told(ASLEEP).tasks for one in task.said]
    assert [(one.text, one.silent) for one in said] == [("INFO Sleeping for 60 seconds", True)]
    assert innermost((said[0].frame,)) == LOG
