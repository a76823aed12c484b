"""Steps that are alike but for what is given to them: which of them was added."""

from temporalio import workflow

from tests.support.flows import do
from tests.support.replays import diagnosis_of, events_of


@workflow.defn(name="activities", sandboxed=False)
class ChargesTwice:
    """Charges once more, before it did."""

    @workflow.run
    async def run(self) -> str:
        """Do so."""
        await do.act("charge", args=["a deposit"])
        await do.act("charge")
        for name in ("ship", "notify", "close"):
            await do.act(name)
        return "done"


async def test_the_line_of_the_one_that_was_added() -> None:
    """The SDK stops at the second of two alike; what they take tells that the first is new."""
    told = await diagnosis_of(events_of("activities"), ChargesTwice)
    assert told.cause == "the Activity charge was added"
    assert 'await do.act("charge", args=["a deposit"])' in [one.source for one in told.stood_at]
