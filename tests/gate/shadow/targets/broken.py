"""The Worker's next build, from which the Timer is gone."""

from temporalio import workflow


@workflow.defn
class Order:
    """Waits for nothing that comes."""

    @workflow.run
    async def run(self) -> None:
        """Wait."""
        await workflow.wait_condition(lambda: False)


WORKFLOWS = [Order]
