"""The drawn pictures and their captions, held against what the programs print and the code says."""

import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from temporalio.api.enums.v1 import CommandType

from tests.support.documents import VARIES, all_parts, link_environment
from tests.support.executions import ASLEEP
from tests.support.programs import ALWAYS, ROOT, Project, free_port
from tests.support.servers import dev_server_pid
from tests.support.terminal import COLUMNS, PROMPT, Terminal

RUN, REPLAY = ROOT / "docs" / "run.svg", ROOT / "docs" / "replay.svg"
BAR = {r"Timer fires in \d+ s [━╸╺ ]+": "Timer fires in N s BAR"}
SAID = "INFO Sleeping for 60 seconds"
SECONDS = 3  # that the Workflow sleeps here
TASK = "a Workflow Task"
RECORD_COMMANDS = ("TimerStarted", "ActivityTaskScheduled", "WorkflowExecutionCompleted")


def texts(picture: Path, kind: str = "") -> list[tuple[float, str]]:
    """Each text of a picture, of one kind if that is given, with its height."""
    found = []
    for text in ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text"):
        if kind in text.get("class", ""):
            found.append((float(text.get("y", "")), "".join(text.itertext())))
    return found


def lines(picture: Path) -> list[str]:
    """The lines of a drawn terminal, as they were before it broke them."""
    rows = dict[float, str]()
    for height, text in texts(picture):
        rows[height] = rows.get(height, "") + text.replace("\N{NO-BREAK SPACE}", " ").rstrip("\n")
    joined = [""]
    for row in rows.values():
        joined[-1] += row
        if len(row) < COLUMNS:
            joined.append("")
    return joined


def normal(shown: list[str], port: int = 7233) -> list[str]:
    """Rewrite what differs from run to run."""
    text = "\n".join(line.rstrip() for line in shown).strip()
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = text.replace(f" --port {port}'", "'")
    for ours, usual in ((port, 7233), (port + 1000, 8233)):
        text = text.replace(f":{ours}", f":{usual}")
    text = re.sub(rf"(TimerStarted +){SECONDS}s", r"\g<1>60s", text)
    for pattern, word in (VARIES | BAR).items():
        text = re.sub(pattern, word, text)
    return text.split("\n")


@pytest.fixture
async def terminal(project: Project) -> AsyncIterator[Terminal]:
    """A terminal in a project whose Workflow sleeps, if not for a minute."""
    project.serve_at(f"localhost:{free_port()}")
    project.change("backgroundcheck.py", "random_number < 50", ALWAYS)
    project.change("backgroundcheck.py", "sleep(60)", f"sleep({SECONDS})")
    # What a killed Worker has in its cache waits for it 10 s, and it has slept for less here.
    project.change("worker.py", '": GRACE}', '": GRACE, "max_cached_workflows": 0}')
    for name in ("Makefile", "requirements-run.txt"):
        shutil.copy(ROOT / name, project.directory)
    link_environment(project.directory)
    terminal = Terminal(project.directory, project.environment)
    yield terminal
    terminal.close()
    if pid := dev_server_pid(project):
        os.kill(pid, signal.SIGKILL)


async def test_the_run(terminal: Terminal, project: Project) -> None:
    """docs/run.svg shows what a terminal shows when make run is killed and run again."""
    await terminal.says(PROMPT, 0)
    await terminal.says(b"Timer fires", terminal.type("make run\n"))
    terminal.kill()
    await terminal.says(PROMPT, len(terminal.data))
    await terminal.says(b"Results:", again := terminal.type("make run\n"))
    await terminal.says(PROMPT, again)
    port = int(project.environment["TEMPORAL_ADDRESS"].rpartition(":")[2])
    shown, drawn = normal(terminal.screen()[:-1], port), normal(lines(RUN))
    for both in (shown, drawn):  # the log comes by another way than the rows
        both.remove(SAID)
    assert drawn == shown, "make pictures"


def test_the_code_in_the_replay() -> None:
    """Each line of code in docs/replay.svg is one of the Workflow's."""
    code = " ".join((ROOT / "backgroundcheck.py").read_text().split())
    for _, line in texts(REPLAY, "code"):
        for part in line.split("…)"):
            assert " ".join(part.split()) in code, line


def test_the_events_in_the_replay() -> None:
    """docs/replay.svg shows each Event of the history that sleeps, by number and type."""
    names = {height: text for height, text in texts(REPLAY) if text in {*ASLEEP, TASK}}
    shown = list[tuple[int, str]]()
    for height, number in texts(REPLAY):
        if re.match(r"\d+\b", number):
            first, *last = map(int, re.findall(r"\d+", number))
            name = names.pop(height)
            shown += [(n, name) for n in range(first, (last or [first])[0] + 1)]
    assert names == {}
    assert shown == [
        (n, TASK if name.startswith("WorkflowTask") else name) for n, name in enumerate(ASLEEP, 1)
    ]


def test_the_commands_in_the_replay() -> None:
    """docs/replay.svg shows the Commands that gave those Events."""
    known = {name.title().replace("_", "") for name in dict(CommandType.items())}
    given = [text for _, text in texts(REPLAY, "command") if " " not in text]
    assert {f"CommandType{name}" for name in given} <= known
    assert len(given) == sum(name in RECORD_COMMANDS for name in ASLEEP)


def test_the_captions() -> None:
    """A drawn picture is called the same in the document and by itself."""
    drawn = dict[str, str]()
    for part in all_parts(""):
        for caption, name in re.findall(r"!\[(.*?)\]\((\S+\.svg)\)", part.text):
            drawn[Path(name).name] = caption
    assert sorted(drawn) == sorted(picture.name for picture in (ROOT / "docs").glob("*.svg"))
    for name, caption in drawn.items():
        root = ElementTree.parse(ROOT / "docs" / name).getroot()
        assert root.get("aria-label") == caption
