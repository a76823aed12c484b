"""A build whose Workflow code ends its process."""

import os

from temporalio import workflow


@workflow.defn(sandboxed=False)
class Order:
    """Ends it all."""

    @workflow.run
    async def run(self) -> None:
        """Die."""
        os._exit(3)


WORKFLOWS = [Order]
