"""The shortcuts that the gate takes through the SDK change no verdict, and open no sandbox."""

import json
from collections.abc import Iterable, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import (
    DataConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
)
from temporalio.workflow import UpdateMethodMultiParam

from backgroundcheck import BackgroundCheck
from replaygate.inputs.convert import from_json
from replaygate.inputs.formats import Found
from replaygate.replay import shortcuts
from replaygate.verdict import Outcome, Verdict
from tests.support.damaged import recording
from tests.support.made_up import as_json, beginning, completed
from tests.support.nondeterministic import CALLS, Calls
from tests.support.replays import replaying

MARKED = {  # payloads that the SDK itself looks at
    "reference": {"encoding": b"json/external-storage-reference"},
    "marker": {"__temporal_external_storage_reference": b"true"},
    "older-reference": {"messageType": b"temporal.api.sdk.v1.ExternalStorageReference"},
    "envelope": {"__temporal_system_payload": b"true"},
}
COUNTER = """
from temporalio import workflow
COUNTED = []

@workflow.defn(name="BackgroundCheck")
class Counter:
    @workflow.run
    async def run(self, ssn: str) -> int:
        COUNTED.append(ssn)
        return len(COUNTED)
"""


@workflow.defn
class Updated:
    """Has an Update handler."""

    @workflow.run
    async def run(self) -> None:
        """Return at once."""

    @workflow.update
    async def change(self) -> None:
        """Change nothing."""


def made_up(name: str) -> Sequence[HistoryEvent]:
    """Return a history of a Workflow that takes nothing and ends at once."""
    events = from_json(json.loads(as_json([*beginning(name, 0), completed(4)]))["events"])
    events[0].workflow_execution_started_event_attributes.ClearField("input")
    return events


async def replayed(
    events: Sequence[HistoryEvent], workflow: type, times: int = 1, **settings: Any
) -> list[tuple[Verdict, Any]]:
    """Replay a history, so often, and return each verdict and what the code returned."""
    answers = []
    async with replaying(workflow, **settings) as replay:
        for _ in range(times):
            verdict = await replay("history.json", Found("", "made-up", "", events))
            result = replay.witness.result()
            answers.append((verdict, result and json.loads(result.data)))
    return answers


async def the_long_way(monkeypatch: pytest.MonkeyPatch, *args: Any, **settings: Any) -> Any:
    """Replay without shortcuts."""
    with monkeypatch.context() as patched:
        patched.setattr(shortcuts, "install", lambda: None)
        return await replayed(*args, **settings)


async def test_the_sandbox_refuses_what_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever Workflow code calls is refused or let through as by the SDK alone."""
    events = made_up("Calls")
    for short, long in zip(
        await replayed(events, Calls, times=2),
        await the_long_way(monkeypatch, events, Calls, times=2),
        strict=True,
    ):
        assert short == long
        assert short[0].outcome is Outcome.REPLAYS
        assert short[1].keys() == CALLS.keys()
        assert list(short[1].values()).count("RestrictedWorkflowAccessError") >= 15


async def test_each_run_has_modules_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a Workflow leaves in its module is gone in the next run."""
    (tmp_path / "counter_of_runs.py").write_text(COUNTER)
    monkeypatch.syspath_prepend(tmp_path)
    import counter_of_runs  # type: ignore[import-not-found]

    events = from_json([*recording("terminated")[:4], recording("terminated")[-1]])
    answers = await replayed(events, counter_of_runs.Counter, times=3)
    assert [returned for _, returned in answers] == [1, 1, 1]
    assert counter_of_runs.COUNTED == []


async def test_code_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module of a Workflow runs for each run, and is read for the first one."""
    read: list[str] = []

    def get_code(loader: SourceFileLoader, name: str) -> Any:
        read.append(name)
        return get_code_before(loader, name)

    get_code_before = SourceFileLoader.get_code
    monkeypatch.setattr(SourceFileLoader, "get_code", get_code)
    await replayed(made_up("Calls"), Calls, times=3)
    assert read.count(Calls.__module__) == 1


def test_an_update_is_told_from_all_else() -> None:
    """Only what the SDK takes for an Update handler is taken for one."""

    class Similar:
        _defn = None

    taken = shortcuts.told_at_a_glance(UpdateMethodMultiParam)
    for member in (Updated.change, Updated.run, Updated.__init__, Similar(), None):
        assert isinstance(member, taken) is isinstance(member, UpdateMethodMultiParam)
    assert isinstance(Updated.change, taken)


@pytest.mark.parametrize("metadata", MARKED.values(), ids=MARKED)
async def test_a_marked_payload_is_left_to_the_sdk(metadata: dict[str, bytes]) -> None:
    """The SDK looks at what is stored elsewhere, and into its own envelopes."""
    plain, marked = Payload(data=b"{}"), Payload(metadata=metadata)

    async def visit(message: Payload, converter: DataConverter) -> Payload:
        return message

    look = shortcuts.unless_nothing_to_do(visit)
    assert await look(plain, DataConverter.default) == Payload()
    assert await look(marked, DataConverter.default) is marked
    assert await look(plain, DataConverter(payload_codec=Codec())) is plain


@pytest.mark.parametrize("encrypted", [False, True])
async def test_what_is_stored_elsewhere_is_missed(
    encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored elsewhere is refused in the SDK's words, not taken for a value."""
    converter = DataConverter(payload_codec=Codec() if encrypted else None)
    events = made_up("Calls")
    start = events[0].workflow_execution_started_event_attributes
    start.input.payloads.add(metadata=MARKED["reference"], data=b"{}")
    ((verdict, _),) = await replayed(events, Calls, data_converter=converter)
    assert "external storage is not configured" in verdict.reason
    assert [(verdict, None)] == await the_long_way(
        monkeypatch, events, Calls, data_converter=converter
    )


class Codec(PayloadCodec):
    """Changes nothing, and counts what it is given."""

    seen: list[str] = []  # noqa: RUF012  # the SDK makes codecs of codecs
    context = ""

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        self.seen.append(f"encode{self.context}")
        return list(payloads)

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        self.seen.append(f"decode{self.context}")
        return list(payloads)


class InContext(Codec, WithSerializationContext):
    """Notes for what it is asked, too."""

    def with_context(self, context: SerializationContext) -> "InContext":
        codec = InContext()
        codec.context = f" {context}"
        return codec


@pytest.mark.parametrize("codec", [Codec, InContext])
async def test_a_codec_sees_all_that_it_sees(
    codec: type[Codec], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A codec is given each payload, in its context if it asks for one."""
    given = (from_json(recording("timer")), BackgroundCheck)
    converter = DataConverter(payload_codec=codec())
    Codec.seen.clear()
    short = await replayed(*given, data_converter=converter)
    seen = [*Codec.seen]
    Codec.seen.clear()
    assert short == await the_long_way(monkeypatch, *given, data_converter=converter)
    assert seen == Codec.seen
    assert any("ActivitySerializationContext" in one for one in seen) is (codec is InContext)
    assert {one.split()[0] for one in seen} == {"encode", "decode"}


async def test_nothing_is_visited_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a codec, no payload is taken anywhere."""

    def visited(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(DataConverter, "_decode_payload_sequence", visited)
    monkeypatch.setattr(DataConverter, "_encode_payload_sequence", visited)
    ((verdict, _),) = await replayed(from_json(recording("timer")), BackgroundCheck)
    assert verdict.outcome is Outcome.REPLAYS
