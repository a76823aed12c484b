"""What GitHub Actions shows of a run."""

import re
from dataclasses import replace
from html import unescape
from pathlib import PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaygate.outputs import github
from replaygate.outputs.render import annotations, step_summary
from replaygate.report import Report
from replaygate.verdict import Frame
from tests.support.verdicts import (
    EVERY_KIND,
    SLEEP_REMOVED,
    incompatible,
    replays,
    saying,
    unverified,
)

# As the runner reads it: github.com/actions/runner, src/Runner.Common/ActionCommand.cs
COMMAND = re.compile(r"::error ((?:[a-z]+=[^,:\r\n]*,?)*)::([^\r\n]*)")
ANY_TEXT = st.text(st.characters(exclude_categories=[]) | st.sampled_from("%:,\r\n|`<&"))


def read(command: str) -> tuple[dict[str, str], str]:
    """Return the properties and the message of a workflow command, as GitHub reads them."""
    match = COMMAND.fullmatch(command)
    assert match
    properties = dict(pair.split("=", 1) for pair in match[1].split(","))
    return {key: unescaped(value) for key, value in properties.items()}, unescaped(match[2])


def unescaped(text: str) -> str:
    for code, sign in {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}.items():
        text = text.replace(code, sign)
    return text


def test_at_the_line() -> None:
    """A group is one annotation at its innermost line, with the number of its histories."""
    report = Report((incompatible("a.json"), incompatible("b.json")))
    properties, message = read(annotations(report))
    assert properties == {"file": "flows.py", "line": "25", "title": "Greeting is incompatible"}
    assert message.splitlines() == [
        f"a.json: {report.verdicts[0].reason}",
        "Likely cause: a Timer was removed",
        "2 Event Histories fail so.",
    ]


def test_without_a_line() -> None:
    """What has no line of code is annotated by its name, and errors of the run by the gate's."""
    report = Report((unverified("50%,a:b.json"), replays()), errors=("The Service went away.",))
    assert [read(command) for command in annotations(report).splitlines()] == [
        ({"title": "50%,a:b.json is not verified"}, "50%,a:b.json: it is not a history"),
        ({"title": "replaygate"}, "The Service went away."),
    ]


def test_from_a_subfolder() -> None:
    """Files are named from the repository's root; absolute ones stay as they are."""
    far = replace(SLEEP_REMOVED, stood_at=(Frame("/opt/lib.py", 3, "run"),))
    report = Report((incompatible("a"), incompatible("b", far)))
    files = [read(command)[0]["file"] for command in annotations(report, "sub/").splitlines()]
    assert files == ["sub/flows.py", "/opt/lib.py"]


def test_an_absolute_path_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A drive begins an absolute path as well."""
    monkeypatch.setattr(github, "PurePath", PureWindowsPath)
    far = replace(SLEEP_REMOVED, stood_at=(Frame("C:\\lib.py", 3, "run"),))
    properties, _ = read(annotations(Report((incompatible("a", far),)), "sub/"))
    assert properties["file"] == "C:\\lib.py"


def test_green() -> None:
    """Where all replay there is nothing to annotate."""
    assert annotations(Report((replays(),))) == ""


def test_no_more_than_shown() -> None:
    """Of more failures than GitHub shows, the last annotation says how many there are."""
    kinds = tuple(unverified(f"{n}.json", f"reason {n}") for n in range(30))
    commands = annotations(Report(kinds)).splitlines()
    assert len(commands) == 10
    assert read(commands[-1])[1] == "... and 21 more failures; see the log"


@given(ANY_TEXT)
@settings(deadline=None, max_examples=200)
def test_any_text_in_a_command(text: str) -> None:
    """Each annotation is one well-formed command whatever the texts hold."""
    for command in annotations(Report((saying(text),), errors=(text,))).split("\n"):
        properties, _ = read(command)
        assert properties.keys() <= {"file", "line", "title"}


def test_summary() -> None:
    """The page of the run shows the counts and the failures by kind."""
    lines = unescape(step_summary(EVERY_KIND)).splitlines()
    assert "| replay | incompatible | not verified | not begun | gone | still stuck |" in lines
    assert "| 4 | 2 | 1 | 1 | 1 | 1 |" in lines
    reason = "Event 5 is TimerStarted 60s, and the code gave ScheduleActivityTask greet"
    assert f"| 1: timer.json | Greeting | {reason} | flows.py:25 | a Timer was removed |" in lines
    assert "The Temporal Service went away." in lines
    assert "2 files were not histories: .md, .png" in lines


def test_large_summary() -> None:
    """The page stays within what GitHub takes."""
    kinds = tuple(unverified(f"{n}.json", f"{n} <" + "&" * 600) for n in range(1_000))
    page = step_summary(Report(kinds))
    assert "... and 950 more kinds of failure" in page
    assert len(page.encode()) < 1024**2


@given(ANY_TEXT.filter(bool))
@settings(deadline=None, max_examples=200)
def test_any_text_in_the_summary(text: str) -> None:
    """No text adds a row or a cell to the table, or markup to the page."""
    page = step_summary(Report((saying(text),), errors=(text,)))
    assert not re.search(r"[<>`*_\[\]\\]", page)
    rows = [line for line in page.split("\n") if line.startswith("|")]
    assert [row.count("|") for row in rows] == [5, 5, 5, 6, 6, 6]
