"""What a recording holds: the outcome of its Workflow Execution, and what it must not tell."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory

from replaygate.events import CLOSING, COMMANDS, type_of
from tests.recordings.scenarios import SSN, Outcome, Recording

STARTER, WORKER = "starter", "worker"  # by default an identity is a process id and a host name

AN_SSN = re.compile(r"\b\d{3}-\d{2}-\d{4}\b")
A_PATH = re.compile(r"""(^|[\s"'(=])(/|[A-Za-z]:\\)\w|\.py\b""")


def loaded(recording: Recording) -> WorkflowHistory:
    """Read a recording from its file."""
    return WorkflowHistory.from_json(recording.name, recording.path.read_text(encoding="utf-8"))


def outcome_of(history: WorkflowHistory) -> Outcome:
    """Read off a history what tests/recordings/scenarios.py declares."""
    events, last = [type_of(event) for event in history.events], history.events[-1]
    closed = type_of(last) in CLOSING
    results = last.workflow_execution_completed_event_attributes.result.payloads
    attempts = [
        event.activity_task_started_event_attributes.attempt
        for event in history.events
        if event.HasField("activity_task_started_event_attributes")
    ]
    return Outcome(
        status=_status(type_of(last)) if closed else None,
        events=tuple(events),
        commands=tuple(COMMANDS[event] for event in events if event in COMMANDS),
        result=_result(results[0]) if results else None,
        attempts=attempts[-1] if attempts else None,
    )


def _status(closing: str) -> str:
    words = closing.removeprefix("WorkflowExecution")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words).upper()


def _result(payload: Payload) -> str | None:
    if payload.metadata["encoding"] == b"binary/encrypted":
        return "ciphertext"
    return str(json.loads(payload.data)) if payload.data else None  # None has no data


def run_id(history: WorkflowHistory) -> str:
    """Return the run id that seeds ``workflow.random()``."""
    started = history.events[0].workflow_execution_started_event_attributes
    return started.original_execution_run_id


def leaks(text: str) -> list[str]:
    """Return every string in a history's JSON that tells where or by whom it was made."""
    return [
        string
        for key, string in _strings(json.loads(text))
        if (key == "identity" and string not in (STARTER, WORKER))
        or "@" in string
        or A_PATH.search(string)
        or set(AN_SSN.findall(string)) - {SSN}
    ]


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Walk through JSON to its strings, each with its key; payloads are decoded."""
    if isinstance(value, dict):
        payload = "metadata" in value
        for name, item in value.items():
            if payload and name == "data":
                if "encryption-key-id" not in value["metadata"]:
                    yield name, base64.b64decode(item).decode()
            elif not payload or name != "metadata":
                yield from _strings(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
    elif isinstance(value, str):
        yield key, value
