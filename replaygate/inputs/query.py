"""Finds Executions of a Temporal Service by a List Filter and fetches their Event Histories."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from temporalio.api.common.v1 import WorkflowExecution as Execution
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from replaygate.inputs.sources import Source
from replaygate.mistake import Mistake
from replaygate.processes.child import Channel, Child, Died, context
from replaygate.service import said, words
from replaygate.targets.target import Target, TargetError, connect
from replaygate.verdict import Outcome, Verdict

PAGE = 100  # Workflow Executions in one answer of the Temporal Service
AT_ONCE = 4  # histories that are fetched; the Temporal Service has other work to do


Turn = Callable[[], Awaitable[None]]


async def at_once() -> None:
    """Ask the Temporal Service without waiting for a turn."""


class QueryError(Mistake):
    """The Temporal Service gives no answer, or no more of it. The text is one line."""


PATIENCE = 60.0  # seconds for the Client to be made
NOT_CONNECTED = QueryError(f"The Client is not connected after {PATIENCE:g} s")


@dataclass(frozen=True)
class Query:
    """Which Executions: a List Filter, and how many of them at most."""

    filter: str
    limit: int | None = None


class Fetching:
    """A process that fetches what a query finds, no faster than it is taken."""

    def __init__(self, query: Query, target: Target, start_method: str = "") -> None:
        self.child = Child(context(start_method), fetch, query, target)
        self.pipe = self.child.pipe
        self.found = 0  # Executions so far, those that are gone included
        self.where = ""  # they were looked for, told at the end

    def receive(self) -> Source | Verdict | None:
        """Return a history, a verdict on one that is gone, or None at the end.

        Raises:
            QueryError: The Service refuses, or goes away in the middle.
            TargetError: The Client can't be made.
        """
        match self.child.receive():
            case Died(reason):
                raise QueryError(f"The process that fetches histories has ended: {reason}")
            case QueryError() | TargetError() as error:
                raise error
            case Source() | Verdict() as message:
                self.found += 1
                return message
            case str(where):
                self.where = where
                return None
            case message:
                raise AssertionError(message)

    def kill(self) -> None:
        """End the process."""
        self.child.kill()


def fetch(channel: Channel, query: Query, target: Target) -> None:
    """Send what a query finds, then where it was found; runs in a process of its own."""
    try:
        channel.leave(asyncio.run(fetch_all(channel, query, target)))
    except (QueryError, TargetError) as error:
        channel.leave(error)
    except RPCError as error:
        channel.leave(QueryError(said(error)))
    except UnicodeEncodeError as error:  # what a shell passes on may be no UTF-8
        channel.leave(QueryError(f"The query can't be sent: {error}"))


async def fetch_all(channel: Channel, query: Query, target: Target) -> str:
    """Fetch a few at a time, in the order in which the Service lists them; return where it is."""
    with channel.within(PATIENCE, NOT_CONNECTED):
        client = await connect(target)
    tasks: deque[asyncio.Task[Source | Verdict]] = deque()
    listed, sent = False, 0
    try:
        async for each in client.list_workflows(query.filter, limit=query.limit, page_size=PAGE):
            tasks.append(asyncio.create_task(fetch_one(client, each)))
            listed = True
            if len(tasks) == AT_ONCE:
                channel.send(await tasks.popleft())
                sent += 1
        while tasks:
            channel.send(await tasks.popleft())
            sent += 1
    except RPCError as error:
        if not listed:
            raise
        raise QueryError(
            f"The Temporal Service fails after {sent} histories, and the rest is missing: "
            f"{words(error)}"
        ) from None
    return f"at {client.service_client.config.target_host}, namespace {client.namespace}"


async def fetch_one(
    client: Client, found: WorkflowExecution, turn: Turn = at_once
) -> Source | Verdict:
    """Fetch the history of an Execution, or say that it is gone; its Namespace must be there."""
    name = f"{found.id} (run id {found.run_id})"
    try:
        history = await history_of(client, found.id, found.run_id, turn)
    except RPCError as error:
        details = [detail.type_url for detail in error.grpc_status.details]
        if error.status is not RPCStatusCode.NOT_FOUND or any("Namespace" in d for d in details):
            raise
        return Verdict(name, Outcome.GONE, "", found.workflow_type, found.id, found.run_id)
    data = history.SerializeToString()
    return Source(name, data=data, workflow_id=found.id, from_service=True)


async def history_of(
    client: Client, workflow_id: str, run_id: str, turn: Turn = at_once
) -> History:
    """Fetch a history from its end; ``turn`` says when each request may be made.

    The Service ranks that below the polls of Workers, and a fetch from the beginning above them:
    https://github.com/temporalio/temporal/blob/main/service/frontend/configs/quotas.go
    """
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=Execution(workflow_id=workflow_id, run_id=run_id),
    )
    events: list[HistoryEvent] = []
    while True:
        await turn()
        page = await client.workflow_service.get_workflow_execution_history_reverse(request)
        events.extend(page.history.events)
        request.next_page_token = page.next_page_token
        if not page.next_page_token:
            return History(events=reversed(events))
