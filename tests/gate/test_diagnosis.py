# ruff: noqa: E501 - the texts stand here as they are shown
"""The diagnosis of a recording that does not replay: the whole text, for each way the SDK fails."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from history import load
from tests.recordings.scenarios import RECORDINGS
from tests.support import diagnosed, mutants
from tests.support.damaged import history, recording
from tests.support.executions import SSN, worker
from tests.support.programs import ROOT
from verdict import INCOMPATIBLE, REPLAYS, UNVERIFIED, Verdict, replay

CHANGED = {
    "Patched": diagnosed.PatchedBefore,
    "Parent": diagnosed.ParentBefore,
    "Signaller": diagnosed.SignallerBefore,
    "Local": diagnosed.LocalBefore,
    "Again": diagnosed.AgainBefore,
}
WAYS_OUT = """\
  Ways out           keep the old path for what runs already, with workflow.patched();
                     leave what runs to the old code, with Worker Versioning; or revert the change:
                     https://docs.temporal.io/develop/python/workflows/versioning
  The SDK says       """


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are shown as seen from the current folder."""
    monkeypatch.chdir(ROOT)


def line(code: Callable[..., Any], words: str) -> int:
    """Return the number of the one line in this code that holds these words."""
    lines, first = inspect.getsourcelines(code)
    (offset,) = (number for number, source in enumerate(lines) if words in source)
    return first + offset


async def diagnosis(name: str, definition: type) -> Verdict:
    """Replay one of today's recordings on a changed Workflow Definition."""
    found = await replay(load(RECORDINGS[f"{name}.python-1.35.0"].path), [definition])
    assert found.outcome == INCOMPATIBLE
    return found


async def test_another_command() -> None:
    """An Event that does not suit the Command given is shown against it, with where it stood."""
    found = await diagnosis("timer", mutants.SleepRemoved)
    run, trace = mutants.SleepRemoved.run, mutants.trace
    expected = f"""\
timer.python-1.35.0: BackgroundCheck is incompatible with this Event History.
  The history holds  Event 5  2026-11-22T10:16:09Z  TimerStarted                60s
  The code           gave ScheduleActivityTask ssn_trace_activity
  It stood at        tests/support/mutants.py:{line(run, "trace(ssn)")}  return await trace(ssn)
                     tests/support/mutants.py:{line(trace, "execute_activity")}  return await workflow.execute_activity(
  Events                   2  2026-11-22T10:16:09Z  WorkflowTaskScheduled
                           3  2026-11-22T10:16:09Z  WorkflowTaskStarted
                           4  2026-11-22T10:16:09Z  WorkflowTaskCompleted
                     ->    5  2026-11-22T10:16:09Z  TimerStarted                60s
                           6  2026-11-22T10:17:09Z  TimerFired
                           7  2026-11-22T10:17:09Z  WorkflowTaskScheduled
                           8  2026-11-22T10:17:09Z  WorkflowTaskStarted
  Likely cause       a Timer was removed, an Activity was added, the two changed places, or a branch goes elsewhere
{WAYS_OUT}[TMPRL1100] Nondeterminism error: Activity machine does not handle this event: HistoryEvent(id: 5, TimerStarted)"""
    assert str(found) == expected


async def test_no_command() -> None:
    """Where the code gives no Command for an Event, the line that it waits at is shown."""
    found = await diagnosis("timer", diagnosed.WaitsForever)
    run = diagnosed.WaitsForever.run
    expected = f"""\
timer.python-1.35.0: BackgroundCheck is incompatible with this Event History.
  The history holds  Event 5  2026-11-22T10:16:09Z  TimerStarted                60s
  The code           gave no Command
  It stood at        tests/support/diagnosed.py:{line(run, "wait_condition")}  await workflow.wait_condition(lambda: False)
  Events                   2  2026-11-22T10:16:09Z  WorkflowTaskScheduled
                           3  2026-11-22T10:16:09Z  WorkflowTaskStarted
                           4  2026-11-22T10:16:09Z  WorkflowTaskCompleted
                     ->    5  2026-11-22T10:16:09Z  TimerStarted                60s
                           6  2026-11-22T10:17:09Z  TimerFired
                           7  2026-11-22T10:17:09Z  WorkflowTaskScheduled
                           8  2026-11-22T10:17:09Z  WorkflowTaskStarted
  Likely cause       a Timer was removed
{WAYS_OUT}[TMPRL1100] Nondeterminism error: No command scheduled for event HistoryEvent(id: 5, TimerStarted)"""
    assert str(found) == expected


async def test_another_activity_type() -> None:
    """Where another Activity stands, the Event is found, although the SDK does not name it."""
    found = await diagnosis("timer", mutants.ActivityTypeSwitched)
    run, other = mutants.ActivityTypeSwitched.run, mutants.criminal_record
    expected = f"""\
timer.python-1.35.0: BackgroundCheck is incompatible with this Event History.
  The history holds  Event 10  2026-11-22T10:17:09Z  ActivityTaskScheduled       ssn_trace_activity
  The code           gave ScheduleActivityTask criminal_record_activity
  It stood at        tests/support/mutants.py:{line(run, "criminal_record")}  return await criminal_record(ssn)
                     tests/support/mutants.py:{line(other, "execute_activity")}  return await workflow.execute_activity(
  Events                   7  2026-11-22T10:17:09Z  WorkflowTaskScheduled
                           8  2026-11-22T10:17:09Z  WorkflowTaskStarted
                           9  2026-11-22T10:17:09Z  WorkflowTaskCompleted
                     ->   10  2026-11-22T10:17:09Z  ActivityTaskScheduled       ssn_trace_activity
                          11  2026-11-22T10:17:09Z  ActivityTaskStarted
                          12  2026-11-22T10:17:09Z  ActivityTaskCompleted
                          13  2026-11-22T10:17:09Z  WorkflowTaskScheduled
  Likely cause       an Activity of another type stands there now, or two of them changed places
{WAYS_OUT}[TMPRL1100] Nondeterminism error: Activity type of scheduled event 'ssn_trace_activity' does not match activity type of activity command 'criminal_record_activity'"""
    assert str(found) == expected


async def test_an_early_end() -> None:
    """Where the code ends too early it stands nowhere, so what it returned is shown."""
    found = await diagnosis("timer", mutants.ActivityRemoved)
    expected = f"""\
timer.python-1.35.0: BackgroundCheck is incompatible with this Event History.
  The history holds  Event 10  2026-11-22T10:17:09Z  ActivityTaskScheduled       ssn_trace_activity
  The code           gave CompleteWorkflowExecution, because it returned 'pass'
  Events                   7  2026-11-22T10:17:09Z  WorkflowTaskScheduled
                           8  2026-11-22T10:17:09Z  WorkflowTaskStarted
                           9  2026-11-22T10:17:09Z  WorkflowTaskCompleted
                     ->   10  2026-11-22T10:17:09Z  ActivityTaskScheduled       ssn_trace_activity
                          11  2026-11-22T10:17:09Z  ActivityTaskStarted
                          12  2026-11-22T10:17:09Z  ActivityTaskCompleted
                          13  2026-11-22T10:17:09Z  WorkflowTaskScheduled
  Likely cause       an Activity was removed
{WAYS_OUT}[TMPRL1100] Nondeterminism error: Complete workflow machine does not handle this event: HistoryEvent(id: 10, ActivityTaskScheduled)"""
    assert str(found) == expected


async def test_an_exception() -> None:
    """Where the code raises an exception, the line that raised it is shown, and no Event."""
    found = await diagnosis("timer", mutants.RaisesAtTheEnd)
    run = mutants.RaisesAtTheEnd.run
    expected = f"""\
timer.python-1.35.0: BackgroundCheck is incompatible with this Event History.
  The code           raised ValueError: no such person
  It stood at        tests/support/mutants.py:{line(run, "raise")}  raise ValueError("no such person")
  Likely cause       the code fails where it went on before
{WAYS_OUT}no such person"""
    assert str(found) == expected


async def test_a_failure() -> None:
    """Where the code now fails the Execution, the failure is shown against the recorded end."""
    found = await diagnosis("timer", mutants.FailsAtTheEnd)
    run = mutants.FailsAtTheEnd.run
    expected = f"""\
timer.python-1.35.0: BackgroundCheck is incompatible with this Event History.
  The history holds  Event 16  2026-11-22T10:17:09Z  WorkflowExecutionCompleted
  The code           gave FailWorkflowExecution no such person, because it raised ApplicationError: no such person
  It stood at        tests/support/mutants.py:{line(run, "raise")}  raise ApplicationError("no such person")
  Events                  13  2026-11-22T10:17:09Z  WorkflowTaskScheduled
                          14  2026-11-22T10:17:09Z  WorkflowTaskStarted
                          15  2026-11-22T10:17:09Z  WorkflowTaskCompleted
                     ->   16  2026-11-22T10:17:09Z  WorkflowExecutionCompleted
  Likely cause       the Workflow ends in another way
{WAYS_OUT}[TMPRL1100] Nondeterminism error: Fail workflow machine does not handle this event: HistoryEvent(id: 16, WorkflowExecutionCompleted)"""
    assert str(found) == expected


async def test_undecodable_input() -> None:
    """Where the input does not suit the code it never began, so only the reason is shown."""
    found = await diagnosis("timer", mutants.InputTypeInt)
    expected = f"""\
timer.python-1.35.0: BackgroundCheck is incompatible with this Event History.
  The code           failed: Failed decoding arguments: Expected value to be int|float, was <class 'str'>
  Likely cause       the code fails where it went on before
{WAYS_OUT}Failed decoding arguments: Expected value to be int|float, was <class 'str'>"""
    assert str(found) == expected


async def test_what_the_sandbox_refuses() -> None:
    """Where the sandbox refuses a call, the line of that call is shown."""
    found = await diagnosis("timer", diagnosed.DrawsOutside)
    run = diagnosed.DrawsOutside.run
    expected = f"""\
timer.python-1.35.0: BackgroundCheck is incompatible with this Event History.
  The code           raised RestrictedWorkflowAccessError: Cannot access random.randint.__call__ from inside a workflow. If this is code from a module not used in a workflow or known to only be used deterministically from a workflow, mark the import as pass through.
  It stood at        tests/support/diagnosed.py:{line(run, "random")}  if random.randint(1, 100) < 50:
  Likely cause       the code fails where it went on before
{WAYS_OUT}Cannot access random.randint.__call__ from inside a workflow. If this is code from a module not used in a workflow or known to only be used deterministically from a workflow, mark the import as pass through."""
    assert str(found) == expected


async def test_an_event_that_nothing_led_to() -> None:
    """Where an Event follows from no Command of the history's own, damage is named as the cause."""
    events = recording("timer")
    events[5]["timerFiredEventAttributes"]["startedEventId"] = "3"
    damaged = WorkflowHistory.from_json("damaged", history(events).decode())
    expected = f"""\
damaged: BackgroundCheck is incompatible with this Event History.
  The history holds  Event 6  2026-11-22T10:17:09Z  TimerFired
  The code           gave no Command
  It stood at        backgroundcheck.py:25  await asyncio.sleep(60)
  Events                   3  2026-11-22T10:16:09Z  WorkflowTaskStarted
                           4  2026-11-22T10:16:09Z  WorkflowTaskCompleted
                           5  2026-11-22T10:16:09Z  TimerStarted                60s
                     ->    6  2026-11-22T10:17:09Z  TimerFired
                           7  2026-11-22T10:17:09Z  WorkflowTaskScheduled
                           8  2026-11-22T10:17:09Z  WorkflowTaskStarted
                           9  2026-11-22T10:17:09Z  WorkflowTaskCompleted
  Likely cause       the history was damaged, or comes from another Workflow
{WAYS_OUT}[TMPRL1100] Nondeterminism error: During event handling, this event had an initial command ID but we could not find a matching command for it: HistoryEvent {{ event_id: 6, event_time: """
    assert str(await replay(damaged)).startswith(expected)


async def test_a_line_in_a_helper() -> None:
    """The calls that led to the line where the code stood are shown, outermost first."""
    found = await diagnosis("no-timer", diagnosed.SleepsInHelper)
    run = line(diagnosed.SleepsInHelper.run, "rest()")
    rest = line(diagnosed.rest, "asyncio.sleep")
    assert found.stood_at == [
        f"tests/support/diagnosed.py:{run}  await rest()",
        f"tests/support/diagnosed.py:{rest}  await asyncio.sleep(60)",
    ]


async def test_the_reason_is_one_line() -> None:
    """In one line the diagnosis says which Event it is, and what the code did instead."""
    found = await diagnosis("timer", mutants.SleepRemoved)
    assert found.reason == (
        "Event 5 is TimerStarted 60s, and the code gave ScheduleActivityTask ssn_trace_activity"
    )


@pytest.mark.parametrize(
    ("name", "definition", "cause"),
    [
        pytest.param("timer", diagnosed.WaitsForever, "a Timer was removed", id="timer-removed"),
        pytest.param("timer", mutants.TimerAdded, "a Timer was added", id="timer-added"),
        pytest.param("timer", mutants.ActivityRemoved, "an Activity was removed", id="removed"),
        pytest.param("timer", mutants.ActivityTwice, "an Activity was added", id="added"),
        pytest.param(
            "timer",
            mutants.ActivityTypeSwitched,
            "an Activity of another type stands there now, or two of them changed places",
            id="switched",
        ),
        pytest.param(
            "timer", mutants.FailsAtTheEnd, "the Workflow ends in another way", id="another-end"
        ),
        pytest.param(
            "timer",
            mutants.SleepAndActivitySwapped,
            "a Timer was removed, an Activity was added, the two changed places, "
            "or a branch goes elsewhere",
            id="swapped",
        ),
        pytest.param(
            "timer", mutants.InputTypeInt, "the code fails where it went on before", id="input"
        ),
    ],
)
async def test_the_likely_cause(name: str, definition: type, cause: str) -> None:
    """The diagnosis guesses the change to the code that led to the difference."""
    assert (await diagnosis(name, definition)).likely_cause == cause


async def test_another_result() -> None:
    """A recording that replays with another result than the recorded one says so."""
    found = await replay(load(RECORDINGS["timer.python-1.35.0"].path), [mutants.ResultChanged])
    assert (found.outcome, found.returns) == (REPLAYS, "returns 'PASS' instead of 'pass'")


async def test_the_same_result() -> None:
    """A recording that replays with the recorded result says nothing of it."""
    found = await replay(load(RECORDINGS["timer.python-1.35.0"].path))
    assert (found.outcome, found.reason, found.returns) == (REPLAYS, "", "")


async def test_an_end_that_is_not_recorded() -> None:
    """An open recording in whose last Workflow Task the code now ends is not verified."""
    opened = load(RECORDINGS["open-in-timer.python-1.35.0"].path)
    found = await replay(opened, [diagnosed.EndsAtOnce])
    assert (found.outcome, found.reason) == (
        UNVERIFIED,
        "its end lacks CompleteWorkflowExecution: it was cut off, or the code changed",
    )


@pytest.fixture(scope="module")
async def recorded(dev_server: WorkflowEnvironment) -> dict[str, WorkflowHistory]:
    """A history of each Workflow Definition that is changed below."""
    client, task_queue = dev_server.client, "diagnosed"
    definitions = [*CHANGED.values(), diagnosed.Child]
    async with worker(client, task_queue, workflows=definitions):
        histories = await asyncio.gather(*(record(client, name, task_queue) for name in CHANGED))
    return {history.workflow_id: history for history in histories}


async def record(client: Client, name: str, task_queue: str) -> WorkflowHistory:
    handle = await client.start_workflow(name, SSN, id=name, task_queue=task_queue)
    await handle.result()
    first = client.get_workflow_handle(name, run_id=handle.first_execution_run_id)
    return await first.fetch_history()


@pytest.mark.parametrize("name", CHANGED)
async def test_what_is_unchanged_replays(recorded: dict[str, WorkflowHistory], name: str) -> None:
    """Patches, Child Workflows, Signals, Local Activities and new runs replay on what made them."""
    assert (await replay(recorded[name], [CHANGED[name]])).outcome == REPLAYS


@pytest.mark.parametrize(
    ("definition", "holds", "gave"),
    [
        pytest.param(
            diagnosed.PatchedThenSleeps,
            "ActivityTaskScheduled ssn_trace_activity",
            "StartTimer 1s",
            id="patch",
        ),
        pytest.param(
            diagnosed.ParentOfAnother,
            "StartChildWorkflowExecutionInitiated Child",
            "StartChildWorkflowExecution OtherChild",
            id="another-child",
        ),
        pytest.param(
            diagnosed.ParentOfNone,
            "StartChildWorkflowExecutionInitiated Child",
            "ScheduleActivityTask ssn_trace_activity",
            id="no-child",
        ),
        pytest.param(
            diagnosed.SignallerSilent,
            "SignalExternalWorkflowExecutionInitiated checked",
            "ScheduleActivityTask ssn_trace_activity",
            id="no-signal",
        ),
        pytest.param(
            diagnosed.LocalThenAnother,
            "ActivityTaskScheduled ssn_trace_activity",
            "ScheduleActivityTask other_activity",
            id="local-activity",
        ),
        pytest.param(
            diagnosed.AgainNever,
            "WorkflowExecutionContinuedAsNew Again",
            "CompleteWorkflowExecution, because it returned 'pass'",
            id="no-new-run",
        ),
    ],
)
async def test_other_commands(
    recorded: dict[str, WorkflowHistory], definition: type, holds: str, gave: str
) -> None:
    """The first Event that does not suit the code is found whatever Commands came before it."""
    name = definition.__temporal_workflow_definition.name  # type: ignore[attr-defined]
    found = await replay(recorded[name], [definition])
    held = found.event.split(maxsplit=3)[3]
    assert " ".join(held.split()) == holds
    assert found.command == f"gave {gave}"
    (marked,) = (near for near in found.context if near.startswith("->"))
    assert marked.split() == ["->", *found.event.split()[1:]]
