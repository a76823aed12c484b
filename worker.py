"""The Worker: what it serves, and a process that serves it until SIGINT or SIGTERM."""

if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).resolve().parent))  # which python -P leaves out
    from plumbing import onset  # noqa: F401

import asyncio
import logging
import os
import signal
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from backgroundcheck import BackgroundCheck
from connection import TASK_QUEUE, connect
from plumbing.watch import watch
from program import Parser, run
from ssntraceactivity import ssn_trace_activity

WORKFLOWS = [BackgroundCheck]
ACTIVITIES = [ssn_trace_activity]
GRACE = timedelta(seconds=10)  # for running activities; none of ours may take that long

logger = logging.getLogger("worker")


def backgroundcheck_worker(client: Client, **options: Any) -> Worker:
    """Build the Worker; ``options`` go to ``temporalio.worker.Worker`` as they are."""
    workflow.logger.workflow_info_on_message = False
    defaults = {"task_queue": TASK_QUEUE, "graceful_shutdown_timeout": GRACE}
    return Worker(client, workflows=WORKFLOWS, activities=ACTIVITIES, **{**defaults, **options})


async def main() -> int:
    """Serve the Task Queue until a signal, drain within ``GRACE``; the same again kills."""
    client = await connect()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    received: list[int] = []  # a terminal that closes may send two, which are one

    def on_signal(number: int, _: object) -> None:
        if number in received:
            os._exit(128 + number)
        received.append(number)
        loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as after nohup
            signal.signal(number, on_signal)
    address = client.service_client.config.target_host
    async with backgroundcheck_worker(client):
        logger.info(
            "Serving %s, namespace %s, task queue %s", address, client.namespace, TASK_QUEUE
        )
        watching = asyncio.create_task(watch(client))
        await stop.wait()
        watching.cancel()
        # Without its Temporal Service a Worker may wait far longer than that.
        loop.call_later(GRACE.total_seconds() + 5, os._exit, 1)
        logger.info("Finishing what runs, for up to %d s", GRACE.seconds)
    return 0


if __name__ == "__main__":
    Parser(description=__doc__).parse_args()
    run(main())
