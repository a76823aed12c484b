"""A build whose Workflow code holds the interpreter for ever."""

import re

from temporalio import workflow


@workflow.defn
class Order:
    """Never waits."""

    @workflow.run
    async def run(self) -> None:
        """Hang."""
        re.match("(a+)+$", "a" * 40 + "b")


WORKFLOWS = [Order]
