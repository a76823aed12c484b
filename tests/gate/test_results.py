"""Results are compared as values."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter, PayloadCodec

from replaygate.replay.results import Incomparable, difference, is_equal
from replaygate.replay.set_up import mistake_in_set_up
from replaygate.replay.witness import Witness
from tests.support.executions import SSN


@pytest.mark.parametrize("value", [1, True, {"a": [1, {"b": False}]}, None])
def test_the_same(value: Any) -> None:
    """What is the same is equal, however deep it lies."""
    assert is_equal(value, value)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        pytest.param(1, True, id="alone"),
        pytest.param([1, 0], [1, False], id="in-a-list"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": True}}, id="in-an-object"),
        pytest.param([1], [1, 1], id="longer"),
        pytest.param({"a": 1}, {"b": 1}, id="another-key"),
    ],
)
def test_true_is_not_one(then: Any, now: Any) -> None:
    """JSON tells true from 1, also where no type is declared."""
    assert not is_equal(then, now)


def test_a_number_is_one_however_it_is_written() -> None:
    """1 and 1.0 are the same number."""
    assert is_equal({"a": 1}, {"a": 1.0})


class Colour(StrEnum):
    """A type whose error quotes what is none of its values."""

    RED = "red"


class Shy(StrEnum):
    """A type of values that can't be printed."""

    RED, BLUE = "red", "blue"

    def __repr__(self) -> str:
        raise RuntimeError("no name")


class Open(PayloadCodec):
    """A codec that hides nothing, or that lacks its key."""

    def __init__(self, lacks: str = "") -> None:
        self.lacks = lacks

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [*payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        if self.lacks:
            raise ValueError(self.lacks)
        return [*payloads]


async def compared(
    declared: type, codec: PayloadCodec | None = None, recorded_value: str = SSN
) -> str:
    """Compare a recorded result with another one of that type."""
    converter = replace(DataConverter.default, payload_codec=codec)
    recorded, returned = converter.payload_converter.to_payloads([recorded_value, "red"])
    event = HistoryEvent()
    event.workflow_execution_completed_event_attributes.result.payloads.append(recorded)
    return await difference([event], returned, declared, converter, hide_values=bool(codec))


async def test_an_error_quotes_no_hidden_value() -> None:
    """Where a codec hides values, what a converter says of one is left out, and only that."""
    with pytest.raises(Incomparable, match=f"{SSN}.*Colour"):
        await compared(Colour)
    with pytest.raises(Incomparable, match=r"compared here: ValueError$"):
        await compared(Colour, Open())
    with pytest.raises(Incomparable, match="no key of ours"):
        await compared(Colour, Open(lacks="no key of ours"))


async def test_a_value_that_can_not_be_printed() -> None:
    """A value that fails when it is shown ends no replay process."""
    with pytest.raises(Incomparable, match="no name"):
        await compared(Shy, recorded_value="blue")


def test_a_mistake_in_the_set_up_quotes_nothing_else() -> None:
    """Of a failure that code made of another, only the set-up's part is said."""
    witness = Witness()
    witness.failure = Failure(message=f"no trace of {SSN}")
    witness.failure.cause.message = "'Unknown payload encoding no/such'"
    assert mistake_in_set_up(witness, "") == "Unknown payload encoding no/such"
