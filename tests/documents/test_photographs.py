"""The photographs in the documents: the words that each holds, beside what there is now."""

import html
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from backgroundcheck import BackgroundCheck
from replaygate.explain.explanation import Frames
from replaygate.explain.walk_text import heading
from replaygate.outputs.render import step_summary
from replaygate.shadow.request import Account, Request
from replaygate.shadow.summary import report_of
from replaygate.shadow.tally import Tally
from replaygate.targets.target import Target
from replaygate.verdict import Outcome
from tests.gate.shadow.targets.orders import WORKFLOWS, Order
from tests.recordings.scenarios import HISTORIES
from tests.support.executions import ASLEEP, SSN
from tests.support.explained import explained_file, innermost
from tests.support.programs import ROOT
from tests.support.shadows import ALL

DOCS = ROOT / "docs"
WALKED = HISTORIES / "timer.python-1.35.0.json"
HEAD, AROUND = 8, 12  # bytes of a PNG before its first chunk, and of a chunk around its data


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk of a PNG, its kind and its data."""
    at = HEAD
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        at += AROUND + size


def words_of(name: str) -> str:
    """Return the words of a photographed page."""
    content = (DOCS / name).read_bytes()
    (found,) = [data for kind, data in chunks(content) if kind == b"iTXt"]
    return found.decode().rpartition("\0")[2]


def at(frames: Frames) -> str:
    """Return the line that counts, as the page writes it."""
    return "{}:{}".format(*innermost(frames))


def test_the_walk() -> None:
    """docs/walk.png shows the second Workflow Task of a history, beside the code of today."""
    told = explained_file(WALKED, Target("worker:main", "", str(ROOT)))
    (file,), task = told.files, told.tasks[1]
    shown = [
        heading(told).replace(told.verdict.name, f"histories/{told.verdict.name}"),
        f"Workflow Task 2 of {len(told.tasks)}",
        *(f"{row.event_id} {row.time[11:19]} {row.type} {row.detail}" for row in told.rows),
        *(f"{number}{line}" for number, line in enumerate(file.text.splitlines(), 1)),
        *(f"wakes {at(woke.frames)}" for woke in task.woke),
        *(f"{gave.detail} at {at(gave.frames)}, which is Event" for gave in task.gave),
        *(f"It waits at {at(standing.frames)}" for standing in task.stands),
    ]
    assert len(task.woke) == len(task.gave) == len(task.stands) == 1
    words = "".join(words_of("walk.png").split())
    missing = [each for each in shown if "".join(each.split()) not in words]
    assert missing == [], "make pictures"


def test_the_sleep() -> None:
    """docs/timeline.png shows the Execution that sleeps, with the Events up to there."""
    words = words_of("timeline.png")
    events = len(ASLEEP[: ASLEEP.index("TimerStarted") + 1])
    assert f"Workflow Type {BackgroundCheck.__name__} " in words
    assert f"Event History {events} " in words
    assert f'Input "{SSN}" ' in words
    assert "1 (1m)" in words


def test_the_download() -> None:
    """docs/download.png has the forms that the README names."""
    readme = (ROOT / "README.md").read_text()
    (sentence,) = re.findall(r"From the Web UI, take (.*):", readme)
    forms = re.findall(r"\*(.*?)\*", sentence)
    assert len(forms) == 3
    assert re.search(".* ".join(forms), words_of("download.png"))


def test_the_shadow() -> None:
    """docs/shadow.png shows what a shadow says while it runs."""
    words = words_of("shadow.png")
    figures = re.search(r"(\d+) 0 0 Covers Executions started before (\S+) .*: (\d+)\.", words)
    assert figures
    replayed, until, total = figures.groups()
    account = Account(
        until=int(datetime.fromisoformat(until).timestamp() * 1e6),
        total=int(total),
        registered=[each.__name__ for each in WORKFLOWS],
        tally=Tally(types={Order.__name__: {Outcome.REPLAYS: int(replayed)}}),
    )
    now = html.unescape(step_summary(report_of(account, Request(filter=ALL[1]))))
    assert re.findall(r"\w+", words) == re.findall(r"\w+", now), "make pictures"


def test_all_are_held() -> None:
    """There is no other photograph."""
    held = re.findall(r"docs/(\w+\.png)", Path(__file__).read_text())
    assert sorted(held) == sorted(picture.name for picture in DOCS.glob("*.png"))
