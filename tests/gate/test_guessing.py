"""Results that are made up for Workflow code that is run on."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest
from temporalio import workflow

from replaygate.replay.guessing import blank
from tests.support.flows import do
from tests.support.replays import diagnosis_of, events_of


@dataclass
class Size:
    """As an Activity returns it."""

    width: int
    notes: list[str] = field(default_factory=lambda: ["none"])


@dataclass
class Parcel:
    """One that holds another."""

    size: Size
    label: str


@workflow.defn(name="activities", sandboxed=False)
class Measures:
    """Executes one more Activity, which returns what no other does."""

    @workflow.run
    async def run(self) -> str:
        """Do so."""
        await do.act("charge")
        parcel = await workflow.execute_activity(
            "measure", result_type=Parcel, start_to_close_timeout=do.A_MINUTE
        )
        await do.act("ship", args=[parcel.size.width])
        await do.act("notify")
        await do.act("close")
        return "done"


async def test_an_added_activity_of_another_type() -> None:
    """The code goes on with a result that the history does not tell, to what it tells."""
    told = await diagnosis_of(events_of("activities"), Measures)
    assert told.cause == "the Activity measure was added"


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (str, ""),
        (list[int], []),
        (Parcel, Parcel(Size(0), "")),
        (str | None, None),
        (datetime, None),
    ],
)
def test_blank_values(hint: object, value: object) -> None:
    """A blank value is one of the type, where one can be made."""
    assert blank(hint) == value


async def test_a_fault_of_ours_while_code_is_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs words, not the verdict: Core would wait for ever for an eviction that fails."""

    def broken(*_: object, **__: object) -> None:
        raise AttributeError("details")

    monkeypatch.setattr("replaygate.replay.running_on.run_on", broken)
    told = await diagnosis_of(events_of("activities"), Measures)
    assert told.did == "gave ScheduleActivityTask measure"
