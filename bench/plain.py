"""The plainest correct script: one Replayer, one iterator. `python -m bench.plain FOLDER`"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from backgroundcheck import BackgroundCheck


async def histories() -> AsyncIterator[WorkflowHistory]:
    for path in sorted(Path(sys.argv[1]).iterdir()):
        yield WorkflowHistory.from_json(path.stem, path.read_text())


async def main(workflow: type = BackgroundCheck) -> None:
    replayer = Replayer(workflows=[workflow])
    async with replayer.workflow_replay_iterator(histories()) as results:
        async for result in results:
            if result.replay_failure:
                raise result.replay_failure


if __name__ == "__main__":
    asyncio.run(main())
    os._exit(0)  # an interpreter that shuts down around Core's threads aborts once in a while
