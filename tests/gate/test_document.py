"""The JSON document of a run, and the schema that describes it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import replaygate
from replaygate.outputs.render import as_json
from replaygate.report import Report
from replaygate.verdict import Frame, Outcome, Verdict
from tests.support.verdicts import EVERY_KIND, HOSTILE, HUGE, SLEEP_REMOVED, incompatible, saying

SCHEMA = json.loads(Path(replaygate.__file__).with_name("schema.json").read_text("utf-8"))
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def faults(value: Any, schema: dict[str, Any], path: str = "$") -> list[str]:
    """Say where a value is not what the schema describes; it must describe every field."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")] | schema
    if "anyOf" in schema:
        tries = [faults(value, choice, path) for choice in schema["anyOf"]]
        return min(tries, key=len)
    found = []
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (value is True and kind != "boolean")):
        return [f"{path} is not of type {kind}"]
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        found.append(f"{path} is {value!r}")
    if "minimum" in schema and value < schema["minimum"]:
        found.append(f"{path} is too small")
    if isinstance(value, dict):
        described = schema.get("properties", {})
        found += [f"{path}.{name} is missing" for name in schema["required"] if name not in value]
        found += [f"{path}.{name} is not described" for name in value if name not in described]
        for name in value.keys() & described.keys():
            found += faults(value[name], described[name], f"{path}.{name}")
    if isinstance(value, list):
        for place, item in enumerate(value):
            found += faults(item, schema["items"], f"{path}[{place}]")
    return found


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(EVERY_KIND, id="every-kind"),
        pytest.param(Report(), id="empty"),
        pytest.param(Report((saying(HOSTILE),)), id="hostile"),
    ],
)
def test_schema(report: Report) -> None:
    """Every document is what the schema describes, and the schema describes every field."""
    assert faults(json.loads(as_json(report)), SCHEMA) == []


def test_schema_is_strict() -> None:
    """The schema refuses a document with a field of another type, or without one."""
    document = json.loads(as_json(EVERY_KIND))
    document["histories"][0]["outcome"] = "not begun"
    document["status"] = 3
    del document["version"]
    document["stuck"] = "1"
    assert sorted(faults(document, SCHEMA)) == [
        "$.histories[0].outcome is 'not begun'",
        "$.status is 3",
        "$.stuck is not of type integer",
        "$.version is missing",
    ]


def test_document() -> None:
    """The counts bear the names of the outcomes, and the verdicts can be read back."""
    document = json.loads(as_json(EVERY_KIND))
    assert {outcome: document[outcome] for outcome in Outcome} == EVERY_KIND.counts
    assert (document["version"], document["status"], document["stuck"]) == (1, 1, 1)
    assert document["errors"] == ["The Temporal Service went away."]
    assert tuple(map(Verdict.from_dict, document["histories"])) == EVERY_KIND.verdicts


def test_nothing_replayed() -> None:
    """A document with the status 2 says why, even of an empty run."""
    document = json.loads(as_json(Report()))
    assert document["status"] == 2
    assert document["errors"] == ["No history was replayed, so nothing is verified."]


def test_deep_recursion() -> None:
    """Of a deep call stack the ten outermost and the ten innermost lines are kept."""
    deep = tuple(Frame("flows.py", line, "run") for line in range(1_000))
    report = Report((incompatible("a", replace(SLEEP_REMOVED, stood_at=deep)),))
    stood_at = json.loads(as_json(report))["histories"][0]["diagnosis"]["stood_at"]
    assert [frame["line"] for frame in stood_at] == [*range(10), *range(990, 1_000)]


def test_groups() -> None:
    """A group names all of its histories."""
    report = Report(tuple(incompatible(f"{n}.json") for n in range(5)))
    assert json.loads(as_json(report))["groups"] == [
        {
            "outcome": "incompatible",
            "workflow_type": "Greeting",
            "event_type": "TimerStarted",
            "command_type": "ScheduleActivityTask",
            "line": "flows.py:25",
            "reason": report.verdicts[0].reason,
            "count": 5,
            "names": ["0.json", "1.json", "2.json", "3.json", "4.json"],
        }
    ]


def test_plain() -> None:
    """The document is ASCII, and its texts are as plain and short as on a terminal."""
    text = as_json(Report((saying(HOSTILE), saying(HUGE))))
    assert text.isascii()
    first, second = json.loads(text)["histories"]
    assert first["name"].isprintable()
    assert len(second["diagnosis"]["stood_at"][0]["source"]) == 500
