"""What is said of recorded values that the code can't take any more."""

import re
from dataclasses import dataclass

import pytest
from temporalio import workflow

from tests.support.flows import do
from tests.support.replays import diagnosis_of, events_of


@dataclass
class Order:
    """An input with a field more than it had."""

    customer: str
    country: str


@workflow.defn(name="activities", sandboxed=False)
class TakesAnOrder:
    """Takes another input."""

    @workflow.run
    async def run(self, order: Order) -> str:
        """Do so."""
        return await do.act("charge", args=[order.country])


@workflow.defn(name="activities", sandboxed=False)
class WantsANumber:
    """Expects another result."""

    @workflow.run
    async def run(self, order: dict[str, str]) -> str:
        """Do so."""
        return await do.act("charge", result_type=int, args=[order])


@pytest.mark.parametrize(
    ("flow", "what", "why"),
    [
        (TakesAnOrder, "Workflow's input", ".* missing 1 required positional argument: 'country'"),
        (WantsANumber, "recorded result", "Expected value to be int.*, was <class 'str'>"),
    ],
)
async def test_a_value_that_the_code_cannot_take(flow: type, what: str, why: str) -> None:
    """The one line tells which value it is, and why."""
    events = events_of("activities")
    told = events[0].workflow_execution_started_event_attributes.input
    told.payloads.add(metadata={"encoding": b"json/plain"}, data=b'{"customer": "Ann"}')
    said = await diagnosis_of(events, flow)
    assert re.fullmatch(f"can't take the {what}: {why}", said.did)
    assert said.cause == f"the {what} has another type in the code than when it was recorded"
