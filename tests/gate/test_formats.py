"""The forms in which people have Event Histories, told apart by content."""

import base64
import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.export.v1 import WorkflowExecution, WorkflowExecutions
from temporalio.api.history.v1 import History
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryResponse
from temporalio.client import WorkflowHistory

from replaygate.inputs.formats import Found, NotAHistory, read
from replaygate.inputs.sources import Source
from replaygate.inputs.unpack import MAX
from tests.recordings.scenarios import RECORDINGS, SSN
from tests.support.damaged import history, recording, with_start
from tests.support.programs import ROOT

TEXT = RECORDINGS["timer.python-1.35.0"].path.read_text()
DATA = TEXT.encode()
DOCUMENT: dict[str, Any] = json.loads(TEXT)
EXPECTED = WorkflowHistory.from_json("", TEXT).events
HISTORY = History(events=EXPECTED)
BINARY = HISTORY.SerializeToString()
ITEM = WorkflowExecution(history=HISTORY)
ANSWER = GetWorkflowExecutionHistoryResponse(history=HISTORY)
HALVES = [History(events=EXPECTED[:7]), History(events=EXPECTED[7:])]
RAW = [
    {"encodingType": "ENCODING_TYPE_PROTO3", "data": base64.b64encode(half).decode()}
    for half in (half.SerializeToString() for half in HALVES)
]


def old_names() -> dict[str, Any]:
    """Return the recording with Event types like TimerStarted, not EVENT_TYPE_TIMER_STARTED."""
    events = recording("timer")
    for event in events:
        words = event["eventType"].removeprefix("EVENT_TYPE_").split("_")
        event["eventType"] = "".join(word.capitalize() for word in words)
    assert events[4]["eventType"] == "TimerStarted"
    return {"events": events}


def newer() -> dict[str, Any]:
    """Return the recording with fields that a newer server may add."""
    events = recording("timer")
    events[4]["addedLater"] = {"by": "a newer server"}
    return {"addedLater": 1, "events": events}


def dumped(document: object) -> bytes:
    return json.dumps(document).encode()


def pages(*places: int) -> bytes:
    """Return the recording as pages of the HTTP API, which end at these places."""
    events = DOCUMENT["events"]
    parts = [events[begin:end] for begin, end in pairwise((0, *places, len(events)))]
    all_but_last = [{"history": {"events": p}, "nextPageToken": "AQ=="} for p in parts[:-1]]
    return dumped([*all_but_last, {"history": {"events": parts[-1]}}])


FORMS = {
    "json": DATA,
    "pages": pages(4, 5),
    "old-names": dumped(old_names()),
    "what-the-sdk-does-not-know": dumped(newer()),
    "utf-8-with-mark": TEXT.encode("utf-8-sig"),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16-without-mark": TEXT.encode("utf-16-le"),
    "utf-32": TEXT.encode("utf-32"),
    "gzip": gzip.compress(DATA),
    "gzip-of-utf-16": gzip.compress(TEXT.encode("utf-16")),
    "gzip-of-gzip": gzip.compress(gzip.compress(DATA)),
    "gzip-in-two-members": gzip.compress(DATA[:999]) + gzip.compress(DATA[999:]),
    "binary": BINARY,
    "gzip-of-binary": gzip.compress(BINARY),
    "binary-answer": ANSWER.SerializeToString(),
    "export-of-one": WorkflowExecutions(items=[ITEM]).SerializeToString(),
    "export-as-json": dumped({"items": [{"history": DOCUMENT}]}),
    "http-api": dumped({"history": DOCUMENT}),
    "http-api-last-page": dumped({"history": DOCUMENT, "nextPageToken": "", "archived": False}),
    "raw": dumped({"history": None, "rawHistory": RAW}),
    "envelope": dumped({"workflow_id": "x", "workflow_type": "T", "history": DOCUMENT}),
    "envelope-with-its-input": dumped({"input": [SSN], "result": ["pass"], "history": DOCUMENT}),
    "envelope-with-events": dumped({"workflow_id": "x", "history": DOCUMENT["events"]}),
    "list-of-envelopes": dumped([{"workflow_id": "x", "history": DOCUMENT}]),
    "by-name": dumped({"histories": {"x": DOCUMENT}}),
}


def given_bytes(data: bytes, **fields: Any) -> list[Found]:
    return list(read(Source("given", data=data, **fields)))


def refusal(data: bytes) -> str:
    """Return the one line with which this is refused."""
    with pytest.raises(NotAHistory) as refused:
        given_bytes(data)
    line = str(refused.value)
    assert line
    assert "\n" not in line
    assert len(line) < 300
    return line


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_every_form_holds_the_same_history(data: bytes) -> None:
    """A history is the same in every form in which people save one."""
    (found,) = given_bytes(data)
    assert found.events == EXPECTED
    assert found.label == ""
    assert (
        found.run_id
        == EXPECTED[0].workflow_execution_started_event_attributes.original_execution_run_id
    )


SEVERAL = {
    "export": WorkflowExecutions(items=[ITEM, ITEM]).SerializeToString(),
    "packed-export": gzip.compress(WorkflowExecutions(items=[ITEM, ITEM]).SerializeToString()),
    "export-as-json": dumped({"items": [{"history": DOCUMENT}, {"history": DOCUMENT}]}),
    "list": dumped([DOCUMENT, DOCUMENT]),
    "one-beside-another": dumped({"history": DOCUMENT, "previous": {"history": DOCUMENT}}),
}


@pytest.mark.parametrize("data", SEVERAL.values(), ids=SEVERAL)
def test_several_histories_are_told_apart(data: bytes) -> None:
    """Where a file holds several histories, each has a label."""
    found = given_bytes(data)
    assert [one.label for one in found] == ["#1", "#2"]
    assert [one.events for one in found] == [EXPECTED, EXPECTED]


EXECUTION = {"workflowId": "told", "runId": "run"}
TOLD = {
    "by-event-1": (history(with_start(workflowId="told")), "told"),
    "by-event-1-and-around": (
        dumped({"workflow_id": "x", "history": {"events": with_start(workflowId="told")}}),
        "told",
    ),
    "workflow_id": (dumped({"workflow_id": "told", "history": DOCUMENT}), "told"),
    "workflowId": (dumped({"workflowId": "told", "history": DOCUMENT}), "told"),
    "workflowExecution": (dumped({"workflowExecution": EXECUTION, "history": DOCUMENT}), "told"),
    "beside-the-events": (dumped({"workflowId": "told", **DOCUMENT}), "told"),
    "nearest": (
        dumped({"workflowId": "x", "items": [{"workflowId": "told", "history": DOCUMENT}]}),
        "told",
    ),
    "not-text": (dumped({"workflow_id": 5, "history": DOCUMENT}), "option"),
    "nowhere": (DATA, "option"),
}


@pytest.mark.parametrize(("data", "expected"), TOLD.values(), ids=TOLD)
def test_the_workflow_id_is_what_the_file_tells(data: bytes, expected: str) -> None:
    """The Workflow Id is what Event 1 tells, else what stands around, else what a person says."""
    (found,) = given_bytes(data, workflow_id="option")
    assert found.workflow_id == expected


def test_the_workflow_id_is_not_guessed(tmp_path: Path) -> None:
    """Where nothing tells the Workflow Id it is empty, whatever the file is called."""
    path = tmp_path / "backgroundcheck_workflow.json"
    path.write_bytes(DATA)
    (found,) = read(Source("x", path=str(path)))
    assert found.workflow_id == ""


def test_the_run_id_is_what_the_envelope_tells() -> None:
    """The run of a history that was reset is another than its Event 1 tells."""
    (found,) = given_bytes(dumped({"workflowExecution": EXECUTION, "history": DOCUMENT}))
    assert found.run_id == "run"


def packed(kind: str) -> bytes:
    """Return the recording in an archive of this kind."""
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("timer.json", DATA)
    else:
        with tarfile.open(fileobj=file, mode="w:gz" if kind == "tar.gz" else "w") as tar:
            member = tarfile.TarInfo("timer.json")
            member.size = len(DATA)
            tar.addfile(member, io.BytesIO(DATA))
    return file.getvalue()


PACKED = {
    "zip": (packed("zip"), "it is a zip archive: unpack it"),
    "tar": (packed("tar"), "it is a tar archive: unpack it"),
    "tar-gz": (packed("tar.gz"), "it is a tar archive: unpack it"),
    "bzip2": (bz2.compress(DATA), "it is packed with bzip2: unpack it"),
    "xz": (lzma.compress(DATA), "it is packed with xz: unpack it"),
    "zstd": (b"(\xb5/\xfd\x04\x00", "it is packed with zstd: unpack it"),
    "gzip-cut-off": (gzip.compress(DATA)[:-9], "it is gzip that was cut off"),
    "gzip-damaged": (gzip.compress(DATA)[:-8] + bytes(8), "it is damaged gzip: CRC"),
    "gzip-of-nothing": (gzip.compress(b""), "it is empty"),
    "gzip-of-a-text": (gzip.compress(b"hello"), "it is not JSON, or was cut off"),
    "gzip-of-many": (gzip.compress(b"") * 10_001, "it is gzip of more than 10,000 members"),
}


@pytest.mark.parametrize(("data", "words"), PACKED.values(), ids=PACKED)
def test_what_can_not_be_unpacked_is_named(data: bytes, words: str) -> None:
    """Archives, damaged gzip, and gzip that would blow up are refused, each by its name."""
    assert words in refusal(data)


NONE = 'it has no list of "events"'
UNREADABLE = {
    "page": (
        dumped({"history": {"events": DOCUMENT["events"][:5]}, "nextPageToken": "AQ=="}),
        "it is one page of an Event History",
    ),
    "page-before-another-history": (
        dumped([{"history": {"events": DOCUMENT["events"][:5]}, "nextPageToken": "A"}, DOCUMENT]),
        "#1: it is one page of an Event History",
    ),
    "binary-page": (
        GetWorkflowExecutionHistoryResponse(
            history=HISTORY, next_page_token=b"1"
        ).SerializeToString(),
        "it is one page of an Event History",
    ),
    "binary-cut-off": (BINARY[:-5], "it is a binary Event History that was cut off"),
    "export-cut-off": (SEVERAL["export"][:-5], "it is a binary Event History that was cut off"),
    "raw-not-binary": (dumped({"rawHistory": [{"data": "eA=="}]}), "its rawHistory can't be read"),
    "raw-without-data": (dumped({"rawHistory": [1]}), "its rawHistory can't be read"),
    "second-of-two": (dumped([DOCUMENT, {"events": [1]}]), "#2: its Events can't be read"),
    "item-without-a-history": (dumped({"items": [{"history": DOCUMENT}, {}]}), f"#2: {NONE}"),
    "item-without-events": (dumped([DOCUMENT, {"history": {}}]), f"#2: {NONE}"),
    "item-with-null": (dumped([{"history": None}, {"history": DOCUMENT}]), f"#1: {NONE}"),
    "events-are-null": (dumped([DOCUMENT, {"events": None}]), f"#2: {NONE}"),
    "error-in-a-list": (dumped([DOCUMENT, {"code": 5, "message": "not found"}]), f"#2: {NONE}"),
    "by-name-without": (dumped({"x": DOCUMENT, "y": {"history": {}}}), f"#2: {NONE}"),
    "in-shorthand": (
        dumped({"history": {"events": with_start(input=[SSN])}}),
        "from the HTTP API as application/json+no-payload-shorthand",
    ),
    "lists-in-lists": (dumped([[[[[[DOCUMENT]]]]]]), "a bare list"),
    "not-a-number": (
        TEXT.replace('"60s"', "NaN").encode(),
        "its Events can't be read: Failed to parse",
    ),
}


@pytest.mark.parametrize(("data", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_can_not_be_read_is_named(data: bytes, words: str) -> None:
    """What is only a part of a history, or none, is refused in one line that says which."""
    assert words in refusal(data)


def test_what_unpacks_to_much() -> None:
    """One byte more than any history may have is too much, however often it is packed."""
    much = gzip.compress(bytes(MAX + 1), 1)
    for data in (much, gzip.compress(much)):
        assert "it unpacks to more than any" in refusal(data)


def wrap(tag: bytes, part: bytes) -> bytes:
    """Make a part of a binary message."""
    length, prefix = len(part), b""
    while length > 127:
        length, prefix = length >> 7, prefix + bytes([length & 127 | 128])
    return tag + prefix + bytes([length]) + part


HUGE = 79_000_000
START = b'{"events": ['
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "lists": (lambda: START + b"[]," * (HUGE // 3) + b"[]]}", "it is JSON of more values"),
    "objects": (lambda: START + b"{}," * (HUGE // 3) + b"{}]}", "it is JSON of more values"),
    "many-events": (lambda: START + b"{}," * 250_000 + b"{}]}", "it holds more than 250,000"),
    "digits": (
        lambda: DATA.replace(b'"eventId": "5"', b'"eventId": "' + b"9" * HUGE + b'"'),
        "its Events can't be read: Failed to parse",
    ),
    "a-number": (
        lambda: DATA.replace(b'"eventId": "5"', b'"eventId": ' + b"9" * HUGE),
        "it is not JSON, or was cut off: Exceeds the limit",
    ),
    "parts": (
        lambda: wrap(b"\n", b"\x08\x01" + wrap(b"\x32", wrap(b"\x32", b"\n\x00" * (HUGE // 2)))),
        "it is a binary message of more parts",
    ),
    "gzip": (lambda: gzip.compress(bytes(10_000_000), 1) * 80, "it unpacks to more than any"),
    "binary-events": (lambda: b"\n\x02\x08\x01" * (HUGE // 4), "it is a binary message of more"),
}
MEASURE = """
import os, resource, sys
from replaygate.inputs.formats import NotAHistory, read
from replaygate.inputs.sources import Source
for line in sys.stdin:
    if os.fork():
        os.wait()
        continue
    try:
        for found in read(Source("given", path=line.strip())):
            print(len(found.events))
    except NotAHistory as error:
        print(error)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def measuring() -> Iterator[Callable[[Path], tuple[str, int]]]:
    """A process of which a fork reads each file; it tells what it says, and its memory's peak."""
    command = [sys.executable, "-c", MEASURE]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        asked, told = process.stdin, process.stdout
        assert asked
        assert told

        def measured(path: Path) -> tuple[str, int]:
            print(path, file=asked, flush=True)
            return told.readline().rstrip("\n"), int(told.readline())

        yield measured
        asked.close()


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured as in POSIX")
@pytest.mark.parametrize(("make", "words"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_take_bounded_memory(
    tmp_path: Path,
    measuring: Callable[[Path], tuple[str, int]],
    make: Callable[[], bytes],
    words: str,
) -> None:
    """A file that is made to take much memory is refused in one line, and takes little of it."""
    (tmp_path / "hostile").write_bytes(make())
    line, peak = measuring(tmp_path / "hostile")
    (tmp_path / "hostile").unlink()
    assert words in line
    assert len(line) < 300
    assert peak < 600_000 or sys.platform == "darwin"  # KiB; there it is bytes


@given(
    st.sampled_from([DATA, BINARY, SEVERAL["export"], FORMS["gzip"], FORMS["http-api"]]),
    st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=3)), min_size=1, max_size=4),
)
@settings(max_examples=200, deadline=None, database=None, derandomize=True)
def test_damaged_bytes_are_read_or_refused(data: bytes, changes: list[tuple[int, bytes]]) -> None:
    """Whatever the bytes are, they are read or refused; no other exception leaves the formats."""
    damaged = bytearray(data)
    for place, change in changes:
        place %= len(damaged)
        damaged[place : place + len(change)] = change
    try:
        given_bytes(bytes(damaged))
    except NotAHistory as refused:
        line = str(refused)
    else:
        line = "read"
    assert "\n" not in line
    assert 0 < len(line) < 300
