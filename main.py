"""The starter: starts or joins a Workflow Execution, follows its Event History to the result."""

import asyncio
import re
import shlex
import sys
from argparse import Namespace
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from rich.progress import BarColumn, Progress, TextColumn
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.exceptions import WorkflowAlreadyStartedError

import devserver
from backgroundcheck import BackgroundCheck
from codec import Unreadable
from connection import TASK_QUEUE, connect
from program import Mistake, Parser, run
from replaygate.events import row, type_of
from worker import backgroundcheck_worker

SSN = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")
NO_WORKER_AFTER = 5  # seconds that a Workflow Task waits before we say so

Handle = WorkflowHandle[BackgroundCheck, str]


async def main(ssn: str, workflow_id: str, local: bool = False, detach: bool = False) -> int:
    """Return 0 if the Workflow Execution completes (or was detached from), else 1.

    Raises:
        Mistake: The SSN is malformed, the Workflow Id won't do, or there is no Temporal Service.
    """
    if not SSN.fullmatch(ssn):
        raise Mistake("That SSN is malformed. Write three, two and four digits, as in 555-55-5555.")
    if SSN.search(workflow_id) or not workflow_id.isprintable():
        raise Mistake(
            "That Workflow Id won't do: it must be printable, and no SSN may stand in it."
        )
    again = f"python main.py {'--local ' * local}--workflow-id {shlex.quote(workflow_id)}"
    async with AsyncExitStack() as stack:
        if local:
            client = await stack.enter_async_context(devserver.local())
            await stack.enter_async_context(backgroundcheck_worker(client))
        else:
            client = await connect()
        handle = await start_or_join(client, ssn, workflow_id)
        if detach:
            print(f"It goes on by itself. Follow it: {again}")
            return 0
        if local:
            print(f"Web UI: {devserver.web_ui(client, handle)}")
        try:
            await follow(handle, client.data_converter)
            return await report(handle)
        except asyncio.CancelledError:  # Ctrl-C
            fate = "carries on when you run it again" if local else "goes on; join it again"
            print(f"The Workflow Execution {fate}: {again}", file=sys.stderr)
            raise


async def start_or_join(client: Client, ssn: str, workflow_id: str) -> Handle:
    """Start a Workflow Execution, or join the one that runs under that id, and say which."""
    try:
        started = await client.start_workflow(
            BackgroundCheck.run, ssn, id=workflow_id, task_queue=TASK_QUEUE
        )
        run_id = started.first_execution_run_id
        print(f"Started Workflow Execution {workflow_id}, run id {run_id}")
    except WorkflowAlreadyStartedError as running:
        run_id = running.run_id
        print(
            f"Joined running Workflow Execution {workflow_id}, run id {run_id} "
            "(with the SSN that it was started with)"
        )
    return client.get_workflow_handle_for(BackgroundCheck.run, workflow_id, run_id=run_id)


async def follow(handle: Handle, converter: DataConverter) -> None:
    """Print every Event as it is appended, from the first one until the Execution closes."""
    print(f"{'ID':>5}  {'Time':<20}  Type", flush=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        transient=True,
        disable=not sys.stdout.isatty(),
    ) as progress:
        waiting = asyncio.create_task(asyncio.sleep(0))
        shown = 0
        async for event in handle.fetch_history_events(wait_new_event=True):
            if event.event_id <= shown:
                continue  # a Workflow Task that is tried again stands behind the history each time
            shown = event.event_id
            waiting.cancel()
            await decrypt_failure(event, converter)
            print(row(event), flush=True)
            waiting = asyncio.create_task(while_waiting(event, progress))
        waiting.cancel()


async def decrypt_failure(event: HistoryEvent, converter: DataConverter) -> None:
    """Put the text of a failure, if it is encoded, where ``detail_of`` looks for it."""
    attributes = getattr(event, event.WhichOneof("attributes") or "", None)
    failure = getattr(attributes, "failure", Failure())
    if failure.HasField("encoded_attributes"):
        try:
            failure.message = getattr(await converter.decode_failure(failure), "message", "")
        except Unreadable as error:
            failure.message = str(error)


async def while_waiting(event: HistoryEvent, progress: Progress) -> None:
    """Tell what the Execution waits for after this Event; the next Event cancels it."""
    if event.workflow_task_scheduled_event_attributes.attempt == 1:  # later ones had a Worker
        await asyncio.sleep(NO_WORKER_AFTER)
        print(
            f"No Worker has taken this Workflow Task for {NO_WORKER_AFTER} s. "
            "Start one in another terminal: python worker.py",
            file=sys.stderr,
        )
    elif type_of(event) == "TimerStarted":
        timer = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        fires = event.event_time.ToDatetime(UTC) + timer
        total = timer.total_seconds()
        bar = progress.add_task("", total=total)
        try:
            while (left := (fires - datetime.now(UTC)).total_seconds()) > 0:
                progress.update(
                    bar, completed=total - left, description=f"Timer fires in {left:.0f} s"
                )
                await asyncio.sleep(0.1)
        finally:
            progress.remove_task(bar)


async def report(handle: Handle) -> int:
    """Print how the Execution closed; return the exit status."""
    result = None
    try:
        result = await handle.result(follow_runs=False)
    except WorkflowFailureError as failure:
        reasons: list[str] = []
        cause: BaseException | None = failure.cause
        while cause:
            reasons.append(str(cause))
            cause = cause.__cause__
        print(f"The Workflow Execution did not complete: {': '.join(reasons)}", file=sys.stderr)
    description = await handle.describe()
    assert description.status
    print(f"\nResults:\n  Status  {description.status.name}")
    if result is not None:
        print(f'  Result  "{result}"')
    print(f"  RunId   {handle.run_id}")
    return 0 if result is not None else 1


def parse_arguments() -> Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument(
        "ssn",
        nargs="?",
        default="555-55-5555",
        metavar="SSN",
        help="as in %(default)s, the default",
    )
    parser.add_argument(
        "--workflow-id",
        default="backgroundcheck_workflow",
        metavar="ID",
        help="default: %(default)s",
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--local", action="store_true", help="bring a dev server and a Worker along")
    way.add_argument("--detach", action="store_true", help="start (or join) and return at once")
    return parser.parse_args()


if __name__ == "__main__":
    run(main(**vars(parse_arguments())))
