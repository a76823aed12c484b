"""Fails at its end."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from tests.support.flows import do


@workflow.defn(name="failing")
class Flow:
    """Fails at its end."""

    @workflow.run
    async def run(self) -> str:
        await do.act("try")  # the Activity try
        await do.rest(0.1)  # a Timer
        await do.act("judge")  # the Activity judge
        raise ApplicationError("no")
