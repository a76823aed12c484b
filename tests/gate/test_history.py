"""Reading Event Histories: what is none is refused with one line, before a replay could hang."""

import contextlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.api.history.v1 import History
from temporalio.bridge.proto.workflow_commands import WorkflowCommand

from history import (
    MAX_FILE,
    NotAHistory,
    command_of,
    detail_of,
    load,
    row,
    shown,
    time_of,
    type_of,
)
from replay import parse
from tests.recordings.scenarios import RECORDINGS
from tests.support.damaged import REFUSED, UNREPLAYABLE, history, recording, with_start

TIMER = RECORDINGS["timer.python-1.35.0"].path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def refusal(path: Path) -> str:
    """Return the one line with which a file is refused."""
    with pytest.raises(NotAHistory, match=r"^(its?|Event) ") as refused:
        load(path)
    line = str(refused.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_recording_loads(name: str) -> None:
    """What a server has recorded is an Event History."""
    assert load(RECORDINGS[name].path).events


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_history_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """Anything that a replay could hang on, or could not prove anything with, is refused."""
    assert re.search(words, refusal(written(tmp_path / "damaged.json", content)))


@pytest.mark.parametrize("content", [c for c, _ in UNREPLAYABLE.values()], ids=UNREPLAYABLE)
def test_what_only_replay_can_refuse_loads(tmp_path: Path, content: bytes) -> None:
    """A history that only the Workflow's code or its data converter can't take is for replay."""
    assert load(written(tmp_path / "strange.json", content)).events


def test_a_folder_is_no_history(tmp_path: Path) -> None:
    """A folder that got here holds no Event Histories."""
    assert refusal(tmp_path) == "it is a folder without Event Histories (*.json)"


def test_a_missing_file_is_no_history(tmp_path: Path) -> None:
    """A path where nothing is can't be read."""
    assert refusal(tmp_path / "nothing.json") == "it can't be read: No such file or directory"


@pytest.mark.skipif(sys.platform == "win32", reason="devices and pipes as in POSIX")
def test_a_device_is_no_history() -> None:
    """A device is refused without being read: some give without end."""
    assert refusal(Path(os.devnull)) == "it is not a regular file"


@pytest.mark.skipif(sys.platform == "win32", reason="devices and pipes as in POSIX")
@pytest.mark.timeout(10)
def test_a_pipe_is_no_history(tmp_path: Path) -> None:
    """A named pipe is refused without waiting for someone to write."""
    os.mkfifo(tmp_path / "pipe.json")
    assert refusal(tmp_path / "pipe.json") == "it is not a regular file"


def test_a_huge_file_is_no_history(tmp_path: Path) -> None:
    """A file larger than any Event History is refused without being read."""
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(100_000_000)
    expected = f"it is larger than any Event History ({MAX_FILE:,} bytes)"
    assert refusal(tmp_path / "huge.json") == expected


@contextlib.contextmanager
def not_root() -> Iterator[None]:
    """Be somebody else if this is root, who may read every file."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions as in POSIX")
def test_a_file_without_permission_is_no_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that the person may not read is refused, and the reason is named."""
    path = written(tmp_path / "secret.json", TIMER.read_bytes())
    path.chmod(stat.S_IWUSR)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)  # from there, nobody needs a permission for the folders above
    with not_root():
        assert refusal(Path(path.name)) == "it can't be read: Permission denied"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_load(tmp_path: Path, encoding: str) -> None:
    """A history in any encoding that JSON may have loads; ``>`` in PowerShell writes UTF-16."""
    path = written(tmp_path / "timer.json", TIMER.read_text().encode(encoding))
    assert load(path).events == load(TIMER).events


def test_old_names_load(tmp_path: Path) -> None:
    """Event types load in the older style, too: TimerStarted for EVENT_TYPE_TIMER_STARTED."""
    events = recording("timer")
    for event in events:
        words = event["eventType"].removeprefix("EVENT_TYPE_").split("_")
        event["eventType"] = "".join(word.capitalize() for word in words)
    assert events[4]["eventType"] == "TimerStarted"
    path = written(tmp_path / "timer.json", history(events))
    assert load(path).events == load(TIMER).events


def test_what_the_sdk_does_not_know_yet_loads(tmp_path: Path) -> None:
    """A field that a newer server adds to an Event, or to the document, does not matter."""
    events = recording("timer")
    events[4]["addedLater"] = {"by": "a newer server"}
    document = {"addedLater": 1, "events": events}
    path = written(tmp_path / "timer.json", json.dumps(document).encode())
    assert load(path).events == load(TIMER).events


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param({"workflowId": "check"}, "check", id="told"),
        pytest.param({"workflowId": None}, "saved", id="not-told"),
    ],
)
def test_a_history_has_the_workflow_id_of_its_first_event(
    tmp_path: Path, told: dict[str, str | None], expected: str
) -> None:
    """A history has the Workflow Id of its Event 1, or its file's name where that tells none."""
    path = written(tmp_path / "saved.json", history(with_start(**told)))
    assert load(path).workflow_id == expected


def test_a_history_keeps_its_workflow_id() -> None:
    """Where Event 1 tells the Workflow Id, a replay has it: code may make other ids from it."""
    found = load(RECORDINGS["started-by-cli.python-1.35.0"].path)
    assert found.workflow_id == "started-by-cli"
    data = History(events=found.events).SerializeToString()
    assert parse("by a query", data).workflow_id == "started-by-cli"


def test_an_event_has_a_row() -> None:
    """An Event is shown as in the columns of the CLI: id, time, type and what tells it apart."""
    timer = load(TIMER).events[4]
    assert (type_of(timer), detail_of(timer)) == ("TimerStarted", "60s")
    assert time_of(timer) == recording("timer")[4]["eventTime"][:19] + "Z"
    assert row(timer) == f"    5  {time_of(timer)}  TimerStarted                60s"


@pytest.mark.parametrize(
    ("name", "number", "detail"),
    [
        pytest.param("timer", 1, "BackgroundCheck", id="workflow-type"),
        pytest.param("timer", 2, "", id="nothing"),
        pytest.param("timer", 5, "60s", id="length-of-time"),
        pytest.param("timer", 10, "ssn_trace_activity", id="activity-type"),
        pytest.param("activity-timed-out", -1, "Activity task timed out", id="failure"),
    ],
)
def test_an_event_has_a_detail(name: str, number: int, detail: str) -> None:
    """The detail of an Event tells it from others of its type."""
    events = load(RECORDINGS[f"{name}.python-1.35.0"].path).events
    assert detail_of(events[number - 1 if number > 0 else number]) == detail


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("start_timer", "StartTimer"),
        ("schedule_activity", "ScheduleActivityTask"),
        ("request_cancel_activity", "RequestCancelActivityTask"),
        ("complete_workflow_execution", "CompleteWorkflowExecution"),
        ("continue_as_new_workflow_execution", "ContinueAsNewWorkflowExecution"),
    ],
)
def test_a_command_is_named_as_temporal_names_it(variant: str, name: str) -> None:
    """Core's names of Commands are turned into those of the documentation."""
    command = WorkflowCommand()
    getattr(command, variant).SetInParent()
    assert command_of(command) == name


def test_paths_are_shown_as_a_person_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file below the current folder is shown without that folder's name, any other with it."""
    monkeypatch.chdir(tmp_path)
    assert shown(str(tmp_path / "histories" / "timer.json")) == str(Path("histories/timer.json"))
    assert shown(str(TIMER)) == str(TIMER)
    assert shown("timer.json") == "timer.json"
