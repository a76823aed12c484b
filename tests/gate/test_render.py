"""What a person reads of a run."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaygate.outputs import render
from replaygate.report import Report
from replaygate.verdict import Frame, Outcome, Verdict
from tests.support.verdicts import (
    EVERY_KIND,
    HOSTILE,
    HUGE,
    RAISES,
    SLEEP_REMOVED,
    incompatible,
    replays,
    saying,
    unverified,
)

Layout = Callable[[Report], str]
ANY_TEXT = st.text(st.characters(exclude_categories=[])) | st.just(HOSTILE)


def diagnoses(report: Report) -> str:
    """Return the diagnosis of each group."""
    return "\n".join(map(render.diagnosis, report.groups))


every_layout = pytest.mark.parametrize(
    "layout",
    [
        pytest.param(diagnoses, id="diagnosis"),
        pytest.param(render.text, id="text"),
        pytest.param(render.as_json, id="json"),
        pytest.param(render.junit, id="junit"),
        pytest.param(render.annotations, id="annotations"),
        pytest.param(render.step_summary, id="step-summary"),
    ],
)


def test_diagnosis() -> None:
    """A diagnosis names Event, Command, line, cause and ways out, and quotes the SDK last."""
    assert (
        render.diagnosis(incompatible("timer.json"))
        == """\
timer.json: Greeting is incompatible with this Event History.
  The history holds  Event 5  2026-11-22T10:16:09Z  TimerStarted                60s
  The code           gave ScheduleActivityTask greet
  It stood at        flows.py:25  return await greet()
  Events                   4  2026-11-22T10:16:09Z  WorkflowTaskCompleted
                     ->    5  2026-11-22T10:16:09Z  TimerStarted                60s
                           6  2026-11-22T10:17:09Z  TimerFired
  Likely cause       a Timer was removed
  Ways out           keep the old path for what runs already, with workflow.patched();
                     leave what runs to the old code, with Worker Versioning; or revert the change:
                     https://docs.temporal.io/develop/python/workflows/versioning
  The SDK says       [TMPRL1100] Nondeterminism error:
                     second line"""
    )


def test_diagnosis_of_a_patch() -> None:
    """Where a patch is gone of which there is a Marker, the first way out names it."""
    gone = replace(SLEEP_REMOVED, patch="sleep-added")
    (line,) = (
        line
        for line in render.diagnosis(incompatible("timer.json", gone)).splitlines()
        if "Ways out" in line
    )
    assert line.endswith(
        "keep workflow.patched('sleep-added'), or deprecate_patch('sleep-added'), "
        "for what has its Marker;"
    )


def test_diagnosis_of_an_exception() -> None:
    """Where code fails and no Command differs, nobody is told to patch."""
    assert (
        render.diagnosis(incompatible("raises.json", RAISES))
        == """\
raises.json: Greeting is incompatible with this Event History.
  The code           raised ValueError: no
  It stood at        flows.py:12  self.refuse()
                     flows.py:30  raise ValueError('no')
  Likely cause       the code fails where it went on before
  Ways out           mend the code that fails, or revert the change"""
    )


def test_diagnosis_of_what_is_not_verified() -> None:
    """Where nothing was proven the reason says why, and no way out is shown."""
    verdict = replace(unverified("a.json"), diagnosis=replace(RAISES, did="", cause=""))
    assert (
        render.diagnosis(verdict)
        == """\
a.json: not verified.
  Reason             it is not a history
  It stood at        flows.py:12  self.refuse()
                     flows.py:30  raise ValueError('no')"""
    )


def test_diagnosis_of_strict() -> None:
    """A history that only --strict refuses is told by what differs."""
    verdict = replace(replays(), outcome=Outcome.INCOMPATIBLE, differs="returns 1 instead of 2")
    assert (
        render.diagnosis(verdict)
        == """\
a.json: Greeting is incompatible with this Event History.
  Reason             returns 1 instead of 2"""
    )


def test_diagnosis_of_a_group() -> None:
    """Failures of one kind share a diagnosis with their number and three examples."""
    (group,) = Report(tuple(incompatible(f"{n}.json") for n in range(1, 10))).groups
    assert render.diagnosis(group).splitlines()[:6] == [
        "1.json and 8 more: Greeting is incompatible with these 9 Event Histories.",
        "  Event Histories    1.json",
        "                     2.json",
        "                     3.json",
        "                     ... and 6 more like them",
        "  The history holds  Event 5  2026-11-22T10:16:09Z  TimerStarted                60s",
    ]


def test_deep_recursion() -> None:
    """Of a deep call stack the ten outermost and the ten innermost lines are shown."""
    deep = tuple(Frame("flows.py", n, "run", "run()") for n in range(1, 1_000))
    block = render.diagnosis(incompatible("a", replace(RAISES, stood_at=deep)))
    assert "... and 979 more calls" in block
    assert block.count("run()") == 20
    assert "flows.py:999 " in block


def test_event_without_its_row() -> None:
    """An Event is named even if the rows around it are not known."""
    block = render.diagnosis(incompatible("a", replace(SLEEP_REMOVED, context=())))
    assert "The history holds  Event 5  TimerStarted 60s" in block


def test_text() -> None:
    """Each failure and each remark is one line; errors follow, and the counts come last."""
    assert (
        render.text(EVERY_KIND)
        == """\
raises.json: Event 5 is TimerStarted 60s, and the code raised ValueError: no
timer.json: Event 5 is TimerStarted 60s, and the code gave ScheduleActivityTask greet
notes.json: it is not a history
differs.json: replays, but returns 1 instead of 2
recovers.json: replays, and would go on where it is stuck now
stuck.json: replays, and is still stuck: ValueError: order is void
The Temporal Service went away.
2 files were not histories: .md, .png
4 replay, 2 incompatible, 1 not verified, 1 not begun, 1 gone; 1 of them still stuck (1.2 s)"""
    )


def test_text_of_a_group() -> None:
    """Of failures of one kind three have a line, and the others share one."""
    lines = render.text(Report(tuple(unverified(f"{n}.json") for n in range(1, 9)))).splitlines()
    assert lines == [
        "1.json: it is not a history",
        "2.json: it is not a history",
        "3.json: it is not a history",
        "... and 5 more like it",
        "0 replay, 0 incompatible, 8 not verified (0.0 s)",
    ]


def test_text_without_failures() -> None:
    """A green run is one line, and an empty one says that it proves nothing."""
    assert render.text(Report((replays(),))) == "1 replay, 0 incompatible, 0 not verified (0.0 s)"
    assert render.text(Report()) == (
        "No history was replayed, so nothing is verified.\n"
        "0 replay, 0 incompatible, 0 not verified (0.0 s)"
    )


def test_failure_without_words() -> None:
    """A failure has words even if its verdict has none."""
    assert render.remark(Verdict("a", Outcome.UNVERIFIED)) == "not verified"
    stuck = Verdict("a", Outcome.INCOMPATIBLE, stuck="ValueError: no")
    assert render.remark(stuck) == "still stuck: ValueError: no"


def test_colours() -> None:
    """On a terminal the heading and the Event that differs are red, and no word changes."""
    block = render.diagnosis(incompatible("timer.json"))
    coloured = render.coloured(block)
    assert coloured.plain == block
    red = [block[span.start : span.end] for span in coloured.spans]
    assert [words.strip()[:10] for words in red] == ["timer.json", "->    5  2"]
    assert {span.style for span in coloured.spans} == {"bold red"}


@every_layout
@pytest.mark.parametrize("outcome", Outcome)
@given(text=ANY_TEXT)
@settings(deadline=None, max_examples=40)
def test_hostile_text(layout: Layout, outcome: Outcome, text: str) -> None:
    """No text puts anything unprintable into any output, or forges a line of it."""
    alike = (saying(text, outcome), saying(text, outcome))
    shown = layout(Report(alike, errors=(text,), passed_over=text))
    assert shown.replace("\n", "").isprintable()
    assert not re.search("^(99 replay$|::error file=x::)", shown, re.MULTILINE)


@given(ANY_TEXT.filter(bool))
@settings(deadline=None, max_examples=200)
def test_one_line(text: str) -> None:
    """A failure, a remark and an error are one line each, whatever they say."""
    verdicts = tuple(saying(text, outcome) for outcome in Outcome)
    report = Report(verdicts, errors=(text,), passed_over=text)
    assert len(report.problems) == 2  # the error, and the file in which nothing has begun
    assert render.text(report).count("\n") == 6


@every_layout
def test_huge_text(layout: Layout) -> None:
    """A field of a million characters makes no output long."""
    report = Report((saying(HUGE),), errors=(HUGE,), passed_over=HUGE)
    assert len(layout(report)) < 30_000


@every_layout
def test_large_report(layout: Layout) -> None:
    """A report of 10,000 failures takes ten seconds of a core at most."""
    report = Report(tuple(incompatible(f"{n}.json") for n in range(10_000)))
    started = time.thread_time()
    assert layout(report)
    assert time.thread_time() - started < 10


def test_start_up() -> None:
    """What few runs need is not imported before they need it."""
    program = "import sys, replaygate.outputs.render; print({'rich', 'xml.etree'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
