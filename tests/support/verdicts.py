"""Verdicts of every kind, as a replay gives them."""

from dataclasses import replace

from replaygate.report import Report
from replaygate.verdict import Diagnosis, Frame, Outcome, Verdict

HOSTILE = "\x1b[31m\x07\u202e\r\n99 replay\n::error file=x::y\u2028##[error]z"
HUGE = "x" * 1_000_000

ROWS = (
    "    4  2026-11-22T10:16:09Z  WorkflowTaskCompleted",
    "    5  2026-11-22T10:16:09Z  TimerStarted                60s",
    "    6  2026-11-22T10:17:09Z  TimerFired",
)
SLEEP_REMOVED = Diagnosis(
    event_id=5,
    event_type="TimerStarted",
    event="TimerStarted 60s",
    context=ROWS,
    command_type="ScheduleActivityTask",
    command="ScheduleActivityTask greet",
    did="gave ScheduleActivityTask greet",
    stood_at=(Frame("flows.py", 25, "run", "return await greet()"),),
    cause="a Timer was removed",
    sdk="[TMPRL1100] Nondeterminism error:\nsecond line",
)
RAISES = Diagnosis(
    did="raised ValueError: no",
    stood_at=(
        Frame("flows.py", 12, "run", "self.refuse()"),
        Frame("flows.py", 30, "refuse", "raise ValueError('no')"),
    ),
    cause="the code fails where it went on before",
)


def incompatible(name: str, diagnosis: Diagnosis = SLEEP_REMOVED) -> Verdict:
    """Return the verdict on a history that the code does not fit."""
    reason = f"Event 5 is TimerStarted 60s, and the code {diagnosis.did}"
    return Verdict(name, Outcome.INCOMPATIBLE, reason, "Greeting", diagnosis=diagnosis)


def unverified(name: str, reason: str = "it is not a history") -> Verdict:
    """Return the verdict on a file that proves nothing."""
    return Verdict(name, Outcome.UNVERIFIED, reason)


def replays(name: str = "a.json") -> Verdict:
    """Return the verdict on a history that the code fits."""
    return Verdict(name, Outcome.REPLAYS, workflow_type="Greeting")


def saying(text: str, outcome: Outcome = Outcome.INCOMPATIBLE) -> Verdict:
    """Return a verdict with this text wherever text can be."""
    frame = Frame(text, 7, text, text)
    diagnosis = Diagnosis(
        5, text, text, (text,) * 3, text, text, text, (frame, frame), cause=text, sdk=text
    )
    return Verdict(text, outcome, text, text, text, text, text, text, diagnosis=diagnosis)


EVERY_KIND = Report(
    (
        replays(),
        replace(replays("differs.json"), differs="returns 1 instead of 2"),
        replace(replays("stuck.json"), stuck="ValueError: order is void"),
        replace(replays("recovers.json"), recovers=True),
        incompatible("timer.json"),
        incompatible("raises.json", RAISES),
        unverified("notes.json"),
        Verdict("begun.json", Outcome.NOT_BEGUN),
        Verdict("gone", Outcome.GONE),
    ),
    seconds=1.25,
    errors=("The Temporal Service went away.",),
    passed_over="2 files were not histories: .md, .png",
)
