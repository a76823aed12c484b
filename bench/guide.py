"""The guide's replay test, for each history: a time-skipping server, then a Replayer of its own.

`python -m bench.guide FOLDER`
"""

import asyncio
import os
import sys
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from backgroundcheck import BackgroundCheck
from plumbing.commands import binary


async def main() -> None:
    server = binary("temporal-test-server")
    for path in sorted(Path(sys.argv[1]).iterdir()):
        async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=server):
            history = WorkflowHistory.from_json("backgroundcheck_workflow", path.read_text())
            await Replayer(workflows=[BackgroundCheck]).replay_workflow(history)


if __name__ == "__main__":
    asyncio.run(main())
    os._exit(0)  # as in plain.py
