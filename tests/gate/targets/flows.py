"""Two Workflows, and the exceptions that fail them."""

from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        return workflow.info().namespace


@workflow.defn
class Shipment:
    @workflow.run
    async def run(self) -> None:
        pass


class NotAWorkflow:
    pass


class Declined(Exception):
    pass


class SoldOut(Exception):
    pass
