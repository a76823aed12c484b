"""Which histories must exist, how each is made, and what it must contain: data, and nothing else.

``python -m tests.recordings.record`` makes what is missing; test_histories.py holds each recording
against its row. In a suite of your own, the rows, from ``STARTED`` to ``SCENARIOS``, are yours.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tests.recordings.keys import TEST_KEY

HISTORIES = Path(__file__).parents[2] / "histories"
TODAY = "backgroundcheck"  # the module of the Workflow Definition that is served today
SSN = "555-55-5555"  # the sample, the only one that a recording may hold
ANY = range(1, 101)

CURRENT = ("1.35.0",)  # add the next SDK version, keep those before
ALL = ("1.4.0", "1.10.0", "1.18.0", "1.26.0", *CURRENT)  # 1.4.0 is of the guide's time


@dataclass(frozen=True)
class Outcome:
    """What stands in a history."""

    status: str | None  # None: the Workflow Execution is still open
    events: tuple[str, ...]
    commands: tuple[str, ...]  # the Worker's, that some of these Events came from
    result: str | None = None
    attempts: int | None = None  # the number of the Activity Task's last attempt, if one was made


@dataclass(frozen=True)
class Scenario:
    """How a Workflow Execution with one input, ``SSN``, comes to its outcome."""

    name: str
    outcome: Outcome
    draws: range = ANY  # what workflow.random() must draw: run ids are tried until one does
    activity: Literal["passes", "fails once", "not served"] = "passes"
    waiting: Literal["goes on", "left open", "cancelled", "terminated"] = "goes on"
    server: Literal["time-skipping", "dev"] = "time-skipping"
    starter: Literal["sdk", "cli"] = "sdk"
    workflow: str = TODAY  # the module of the Workflow Definition
    keys: str = ""  # what encrypts the payloads, as in BACKGROUNDCHECK_ENCRYPTION_KEYS
    replays: bool = True  # on today's code
    sdks: tuple[str, ...] = CURRENT


@dataclass(frozen=True)
class Recording:
    """One file: a scenario, played by one SDK version."""

    scenario: Scenario
    sdk: str

    @property
    def name(self) -> str:
        return f"{self.scenario.name}.python-{self.sdk}"

    @property
    def path(self) -> Path:
        folder = HISTORIES
        if self.scenario.workflow != TODAY:
            folder /= "incompatible"
        elif self.scenario.keys:
            folder /= "encrypted"
        return folder / f"{self.name}.json"


def exactly(number: int) -> range:
    return range(number, number + 1)


BELOW_50, FROM_50 = range(1, 50), range(50, 101)

STARTED = ("WorkflowExecutionStarted",)
TASK = ("WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted")
TIMER = ("TimerStarted", "TimerFired")
ACTIVITY = ("ActivityTaskScheduled", "ActivityTaskStarted", "ActivityTaskCompleted")

NO_TIMER = Outcome(
    status="COMPLETED",
    events=STARTED + TASK + ACTIVITY + TASK + ("WorkflowExecutionCompleted",),
    commands=("ScheduleActivityTask", "CompleteWorkflowExecution"),
    result="pass",
    attempts=1,
)
RETRIED = Outcome(  # a failed attempt leaves no Event of its own
    status="COMPLETED",
    events=NO_TIMER.events,
    commands=NO_TIMER.commands,
    result="pass",
    attempts=2,
)
SLEPT = Outcome(
    status="COMPLETED",
    events=STARTED + TASK + TIMER + TASK + ACTIVITY + TASK + ("WorkflowExecutionCompleted",),
    commands=("StartTimer", "ScheduleActivityTask", "CompleteWorkflowExecution"),
    result="pass",
    attempts=1,
)
ENCRYPTED = replace(NO_TIMER, result="ciphertext")
OPEN_IN_TIMER = Outcome(
    status=None,
    events=(*STARTED, *TASK, "TimerStarted"),
    commands=("StartTimer",),
)
OPEN_IN_ACTIVITY = Outcome(  # ActivityTaskStarted is written when the Activity has ended
    status=None,
    events=(*STARTED, *TASK, "ActivityTaskScheduled"),
    commands=("ScheduleActivityTask",),
)
ACTIVITY_TIMED_OUT = Outcome(
    status="FAILED",
    events=(
        *OPEN_IN_ACTIVITY.events,
        "ActivityTaskTimedOut",
        *TASK,
        "WorkflowExecutionFailed",
    ),
    commands=("ScheduleActivityTask", "FailWorkflowExecution"),
)
CANCELLED_IN_TIMER = Outcome(
    status="CANCELED",
    events=(
        *OPEN_IN_TIMER.events,
        "WorkflowExecutionCancelRequested",
        *TASK,
        "TimerCanceled",
        "WorkflowExecutionCanceled",
    ),
    commands=("StartTimer", "CancelTimer", "CancelWorkflowExecution"),
)
TERMINATED = Outcome(  # nobody asks the Worker
    status="TERMINATED",
    events=(*OPEN_IN_TIMER.events, "WorkflowExecutionTerminated"),
    commands=("StartTimer",),
)

BEFORE_SLEEP = "tests.support.before_sleep"  # the module of the earlier Workflow Definition

SCENARIOS = (
    Scenario("no-timer", NO_TIMER, FROM_50, sdks=ALL),
    Scenario("timer", SLEPT, BELOW_50, sdks=ALL),
    Scenario("draw-49", SLEPT, exactly(49)),
    Scenario("draw-50", NO_TIMER, exactly(50)),
    Scenario("open-in-timer", OPEN_IN_TIMER, BELOW_50, waiting="left open"),
    Scenario("open-in-activity", OPEN_IN_ACTIVITY, FROM_50, "not served", waiting="left open"),
    Scenario("activity-retried", RETRIED, FROM_50, "fails once"),
    Scenario("activity-timed-out", ACTIVITY_TIMED_OUT, FROM_50, "not served"),
    Scenario("cancelled-in-timer", CANCELLED_IN_TIMER, BELOW_50, waiting="cancelled"),
    Scenario("terminated", TERMINATED, BELOW_50, waiting="terminated"),
    Scenario("started-by-cli", NO_TIMER, FROM_50, server="dev", starter="cli"),
    Scenario("no-timer-encrypted", ENCRYPTED, FROM_50, keys=TEST_KEY),
    # Made before the sleep was added: histories/incompatible/README.md tells their story.
    *(
        Scenario(name, NO_TIMER, draws, workflow=BEFORE_SLEEP, replays=draws[0] >= 50)
        for name, draws in [
            ("before-sleep-draw-7", exactly(7)),
            ("before-sleep-draw-42", exactly(42)),
            ("before-sleep-draw-88-lucky", exactly(88)),
        ]
    ),
)


RECORDINGS = {
    recording.name: recording
    for recording in (Recording(scenario, sdk) for scenario in SCENARIOS for sdk in scenario.sdks)
}
