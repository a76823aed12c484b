"""What ``explain`` says of foreign Workflows: the lines that it names are the true ones."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowHistory

from replaygate.explain.explanation import Explanation
from replaygate.targets.target import Target
from tests.support.explained import (
    DIARY,
    ends,
    explained,
    innermost,
    place,
    places,
    reaches,
    recorded,
    row,
    woken,
)

Handle = WorkflowHandle[Any, Any]
DONE = "WorkflowTaskCompleted"


async def letters(handle: Handle) -> None:
    await one_letter(handle)
    await handle.signal("letter", "b")
    await reaches(handle, "WorkflowTaskStarted", DONE)
    await handle.execute_update("seal", "x")
    await ends(handle)


async def one_letter(handle: Handle) -> None:
    await reaches(handle, DONE)
    await handle.signal("letter", "a")
    await reaches(handle, "WorkflowTaskStarted", DONE)


async def in_the_timer(handle: Handle) -> None:
    await reaches(handle, "TimerStarted")


async def cancelled(handle: Handle) -> None:
    await reaches(handle, "TimerStarted")
    await handle.cancel()
    await ends(handle)


PLAYS: dict[str, tuple[Any, ...]] = {
    "Letters": ("Letters", letters),
    "open": ("Letters", one_letter),
    "Fan": ("Fan", ends),
    "Child": ("Child", ends, "word"),
    "Patched": ("Patched", ends, 0),
    "last": ("Patched", ends, 1),
    "asleep": ("Cancelled", in_the_timer),
    "Cancelled": ("Cancelled", cancelled),
    "Failing": ("Failing", ends),
}
RECORDED: dict[str, WorkflowHistory] = {}
TOLD: dict[tuple[str, Target, bool], Explanation] = {}
HIDING = replace(DIARY, client="connection:connect")  # whose converter has a codec
Tell = Callable[..., Awaitable[Explanation]]


@pytest.fixture
def tell(client: Client) -> Tell:
    """Return a function that records one of the plays, once, and explains it."""

    async def told(name: str, target: Target = DIARY, show_values: bool = False) -> Explanation:
        if name not in RECORDED:
            workflow, play, *arguments = PLAYS[name]
            RECORDED[name] = await recorded(client, workflow, play, *arguments)
        key = name, target, show_values
        if key not in TOLD:
            TOLD[key] = explained(RECORDED[name], target, show_values)
        return TOLD[key]

    return told


COMMANDS = [
    pytest.param("Fan", "ActivityTaskScheduled", 0, "started", id="started-not-awaited"),
    pytest.param("Fan", "ActivityTaskScheduled", 1, "saying", id="helper-module-in-gather"),
    pytest.param(
        "Fan", "StartChildWorkflowExecutionInitiated", 0, "the child", id="child-in-gather"
    ),
    pytest.param("Fan", "WorkflowExecutionCompleted", 0, "all of it", id="return-in-decorator"),
    pytest.param("Child", "TimerStarted", 0, "napping", id="timer-of-a-generator"),
    pytest.param("Child", "WorkflowExecutionCompleted", 0, "the word", id="return"),
    pytest.param("Patched", "MarkerRecorded", 0, "patched", id="patch"),
    pytest.param("Patched", "UpsertWorkflowSearchAttributes", 0, "patched", id="told-of-a-patch"),
    pytest.param("Patched", "TimerStarted", 0, "napping", id="patched-branch"),
    pytest.param("Patched", "WorkflowExecutionContinuedAsNew", 0, "once more", id="as-new"),
    pytest.param("last", "MarkerRecorded", 1, "local", id="local-activity"),
    pytest.param("last", "WorkflowExecutionCompleted", 0, "the last round", id="completed"),
    pytest.param("Letters", "WorkflowExecutionUpdateAccepted", 0, "in the update", id="update"),
    pytest.param("Letters", "ActivityTaskScheduled", 0, "echo", id="function-beside-the-class"),
    pytest.param("Letters", "WorkflowExecutionUpdateCompleted", 0, "of the update", id="answer"),
    pytest.param("Letters", "WorkflowExecutionCompleted", 0, "the answer", id="while-updated"),
    pytest.param("Cancelled", "TimerCanceled", 0, "the long sleep", id="timer-cancelled"),
    pytest.param("Cancelled", "ActivityTaskScheduled", 0, "echo", id="task-of-its-own"),
    pytest.param("Cancelled", "WorkflowExecutionCanceled", 0, "anew", id="raised-anew"),
    pytest.param("Failing", "TimerStarted", 0, "bounded", id="time-out"),
    pytest.param("Failing", "WorkflowExecutionFailed", 0, "the failure", id="failed"),
]


@pytest.mark.parametrize(("name", "kind", "number", "marker"), COMMANDS)
async def test_the_line_that_gave_a_command(
    tell: Tell, name: str, kind: str, number: int, marker: str
) -> None:
    """Beside an Event that follows from a Command stands the line that gave the Command."""
    assert innermost(row(await tell(name), kind, number).frames) == place(marker)


async def test_each_command_has_a_line(tell: Tell) -> None:
    """No Event that follows from a Command of the code is without a line."""
    for name in PLAYS:
        for one in (await tell(name)).rows:
            assert not one.command or one.frames, (name, one)


WOKEN = [
    pytest.param("Letters", "WorkflowExecutionStarted", 0, ["for letters"], id="start"),
    pytest.param("Letters", "WorkflowExecutionSignaled", 0, ["a letter came"], id="signal"),
    pytest.param(
        "Letters",
        "WorkflowExecutionSignaled",
        1,
        ["a letter came", "for letters"],
        id="signal-and-condition",
    ),
    pytest.param("Letters", "ActivityTaskCompleted", 0, ["echo", "for the seal"], id="activity"),
    pytest.param("Child", "TimerFired", 0, ["napping"], id="timer"),
    pytest.param(
        "Fan", "ChildWorkflowExecutionCompleted", 0, ["the child", "gathered"], id="child"
    ),
    pytest.param("last", "MarkerRecorded", 1, ["local"], id="local-activity"),
    pytest.param(
        "Cancelled", "WorkflowExecutionCancelRequested", 0, ["the long sleep", "echo"], id="cancel"
    ),
    pytest.param("Failing", "TimerFired", 0, ["bounded"], id="time-out"),
]


@pytest.mark.parametrize(("name", "kind", "number", "markers"), WOKEN)
async def test_the_lines_that_an_event_woke(
    tell: Tell, name: str, kind: str, number: int, markers: list[str]
) -> None:
    """Beside what comes from outside stand the lines that went on, or began, because of it."""
    assert woken(await tell(name), kind, number) == [place(marker) for marker in markers]


async def test_a_result_that_nobody_waits_for_yet(tell: Tell) -> None:
    """Of two results in any order, only the one that is awaited wakes a line."""
    told = await tell("Fan")
    both = [woken(told, "ActivityTaskCompleted", number) for number in (0, 1)]
    assert sorted(both, key=len) == [[], [place("saying")]]


async def test_who_called(tell: Tell) -> None:
    """Where a helper gives the Command, the calls that led there are known, outermost first."""
    told = row(await tell("Child"), "TimerStarted")
    assert places(told.frames) == [place("the child naps"), place("napping")]


async def test_what_ran(tell: Tell) -> None:
    """A Workflow Task names every line that ran in it, helpers' too, and no other."""
    told = await tell("last")
    last = dict(told.tasks[-1].ran)
    code = {Path(name).name: set(lines) for name, lines in last.items()}
    markers = ("logged", "printed", "local", "the last round")
    assert {place(marker)[1] for marker in markers} < code["diary.py"]
    assert place("once more")[1] not in code["diary.py"]
    assert code["diary_helper.py"] == {place("napping")[1]}


async def test_checking_a_condition_is_no_progress(tell: Tell) -> None:
    """A condition that is looked at, and is not yet true, lets no line count as run."""
    told = await tell("Letters")
    (ran,) = told.tasks[1].ran
    assert ran[1] == (place("a letter came")[1],)


async def test_output(tell: Tell) -> None:
    """A message of ``workflow.logger`` is silent in replay; what the code prints is repeated."""
    told = await tell("last")
    said = [(one.text, one.silent, one.frame.line) for task in told.tasks for one in task.said]
    assert said == [
        ("INFO Round 1 is the last", True, place("logged")[1]),
        ("to the terminal", False, place("printed")[1]),
    ]


async def test_where_the_code_stands(tell: Tell) -> None:
    """After a Workflow Task each task that waits is named with its line; none when all is done."""
    told = await tell("Letters")
    stands = [
        {standing.task: innermost(standing.frames) for standing in task.stands}
        for task in told.tasks
    ]
    assert stands == [
        {"run": place("for letters")},
        {"run": place("for letters")},
        {"run": place("for the seal")},
        {"run": place("for the seal"), "update: seal": place("echo")},
        {},
    ]


@pytest.mark.parametrize(
    ("name", "marker", "state", "pending"),
    [
        pytest.param("open", "for letters", (("self.letters", "['a']"),), [], id="condition"),
        pytest.param(
            "asleep", "the long sleep", (), [("StartTimer", "3600s", "the long sleep")], id="timer"
        ),
    ],
)
async def test_an_open_execution(
    tell: Tell, name: str, marker: str, state: Any, pending: list[tuple[str, str, str]]
) -> None:
    """An open Execution tells at which line, for which state and Commands it waits."""
    told = await tell(name)
    assert told.is_open
    (standing,) = told.tasks[-1].stands
    assert (innermost(standing.frames), standing.state) == (place(marker), state)
    given = [(one.command, one.detail, innermost(one.frames)) for one in told.pending]
    assert given == [(command, detail, place(at)) for command, detail, at in pending]


async def test_handles_that_are_not_done(tell: Tell) -> None:
    """Local variables that hold unfinished Activities are named as what the code waits for."""
    (run, *_) = (await tell("Fan")).tasks[0].stands
    assert run.state == (("first", "not done"),)


async def test_what_a_codec_hides(tell: Tell) -> None:
    """Under a codec values stay hidden, and of output is shown only what stands in the code."""
    (standing,) = (await tell("open", HIDING)).tasks[-1].stands
    assert standing.state == (("self.letters", ""),)
    said = [one.text for task in (await tell("last", HIDING)).tasks for one in task.said]
    assert said == ["INFO Round %d is the last", "to the terminal"]


async def test_hidden_values_may_be_shown(tell: Tell) -> None:
    """With --show-values a codec hides nothing."""
    (standing,) = (await tell("open", HIDING, True)).tasks[-1].stands
    assert standing.state == (("self.letters", "['a']"),)
