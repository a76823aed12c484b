"""Fetches the Event History of one Execution by its Workflow Id, in a process of its own."""

import asyncio

from temporalio.service import RPCError, RPCStatusCode

from replaygate.inputs.query import PATIENCE, QueryError, history_of
from replaygate.inputs.sources import Source
from replaygate.processes.child import Channel, Child, Died, context
from replaygate.service import said, words
from replaygate.targets.target import Target, TargetError, connect


def fetched(workflow_id: str, run_id: str, target: Target) -> Source:
    """Return the history of an Execution, the latest one under that id unless a run is named.

    Raises:
        QueryError: The Temporal Service refuses, or does not answer.
        TargetError: The Client can't be made.
    """
    child = Child(context(), fetch, workflow_id, run_id, target)
    try:
        answer = child.receive() if child.pipe.poll(PATIENCE) else Died("it does not answer")
    finally:
        child.kill()
    match answer:
        case Source():
            return answer
        case QueryError() | TargetError():
            raise answer
        case Died(reason):
            raise QueryError(f"{workflow_id} can't be fetched: {reason}")
    raise AssertionError(answer)


def fetch(channel: Channel, workflow_id: str, run_id: str, target: Target) -> None:
    """Send the history, or why there is none; runs in the process."""

    async def source() -> Source:
        history = await history_of(await connect(target), workflow_id, run_id)
        data = history.SerializeToString()
        return Source(workflow_id, data=data, workflow_id=workflow_id, from_service=True)

    try:
        channel.leave(asyncio.run(source()))
    except TargetError as error:
        channel.leave(error)
    except RPCError as error:
        there_is_none = error.status is RPCStatusCode.NOT_FOUND
        none = f"The Temporal Service has no {workflow_id}: {words(error)}"
        channel.leave(QueryError(none if there_is_none else said(error)))
    except ValueError as error:  # an id that is no UTF-8, for one
        channel.leave(QueryError(f"{workflow_id} can't be fetched: {error}"))
