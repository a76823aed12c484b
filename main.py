"""The starter: starts or joins a Workflow Execution, follows its Event History to the result."""

if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).resolve().parent))  # which python -P leaves out
    from plumbing import onset  # noqa: F401

import asyncio
import logging
import re
import sys
from argparse import Namespace
from contextlib import AsyncExitStack
from datetime import timedelta

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import WorkflowAlreadyStartedError

import devserver
from backgroundcheck import BackgroundCheck
from connection import TASK_QUEUE, connect
from plumbing import commands
from plumbing.follower import Follower
from plumbing.patience import Patience
from plumbing.waits import TaskWatch
from program import Mistake, Parser, masked, run
from replaygate.plain import plain
from worker import backgroundcheck_worker

SSN = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")

ANSWERS_WITHIN = timedelta(seconds=10)  # a Temporal Service that was there just now
SLOW = "Worker and dev server take long to end; Ctrl-C again hurries them"

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
    again = commands.python("main.py", *["--local"] * local, "--workflow-id", workflow_id)
    mend = "Mend the code, end this run with Ctrl-C, and start it again; the Task is tried again."
    async with AsyncExitStack() as stack:
        if local:
            server = await stack.enter_async_context(devserver.local())
            client, gone = server.client, server.gone
            await stack.enter_async_context(backgroundcheck_worker(client))
        else:
            client, gone = await connect(), lambda: False
            mend = "Mend the code and restart the Worker; the Task is tried again."
        handle = await start_or_join(client, ssn, workflow_id)
        if detach:
            print(f"It goes on by itself. Follow it: {again}")
            return 0
        if local:
            print(f"Web UI: {server.web_ui(handle)}")
        patience = Patience(again, gone)
        try:
            watch = TaskWatch(handle, TASK_QUEUE, mend)
            await Follower(handle, client.data_converter, patience, watch).follow()
            return await patience.take(lambda: report(handle))
        except asyncio.CancelledError:  # Ctrl-C
            fate = "carries on when you run it again" if local else "goes on; join it again"
            print(f"The Workflow Execution {fate}: {again}", file=sys.stderr)
            asyncio.get_running_loop().call_later(5, logging.warning, SLOW)
            raise


async def start_or_join(client: Client, ssn: str, workflow_id: str) -> Handle:
    """Start a Workflow Execution, or join the one that runs under that id, and say which."""
    try:
        started = await client.start_workflow(
            BackgroundCheck.run,
            ssn,
            id=workflow_id,
            task_queue=TASK_QUEUE,
            rpc_timeout=ANSWERS_WITHIN,
        )
        run_id = started.first_execution_run_id
        print(f"Started Workflow Execution {workflow_id}, run id {run_id}")
    except WorkflowAlreadyStartedError as running:
        run_id = running.run_id
        await refuse_another_type(client, workflow_id, run_id)
        print(
            f"Joined running Workflow Execution {workflow_id}, run id {run_id} "
            "(with the SSN that it was started with)"
        )
    return client.get_workflow_handle_for(BackgroundCheck.run, workflow_id, run_id=run_id)


async def refuse_another_type(client: Client, workflow_id: str, run_id: str | None) -> None:
    """Make sure that what runs under that id is a Background Check."""
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    description = await handle.describe(rpc_timeout=ANSWERS_WITHIN)
    if description.workflow_type != BackgroundCheck.__name__:
        raise Mistake(
            f"A Workflow Execution of another type, {description.workflow_type}, runs under the id "
            f"{workflow_id}. Choose another: --workflow-id ID"
        )


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
        said = plain(masked(": ".join(reasons)))
        print(f"The Workflow Execution did not complete: {said}", file=sys.stderr)
    description = await handle.describe()
    assert description.status
    print(f"\nResults:\n  Status  {description.status.name}")
    if result is not None:
        print(f'  Result  "{plain(result)}"')
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
