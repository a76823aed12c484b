"""Finds the last verdict on a build, whoever started that shadow: a pipeline or a Schedule."""

from temporalio.client import Client, WorkflowExecutionStatus

from replaygate.mistake import Mistake
from replaygate.shadow.following import verdict
from replaygate.shadow.request import WORKFLOW, Account, Request, name_of
from replaygate.shadow.starting import Handle, request_of

CONTINUED = WorkflowExecutionStatus.CONTINUED_AS_NEW


async def latest(client: Client, build: str) -> tuple[Account, Request]:
    """Return what the shadow of a build that ended last has come to, and what it was asked for.

    Raises:
        Mistake: None has ended, or the last one has no verdict.
    """
    name = name_of(build)
    query = f'WorkflowType = "{WORKFLOW}" AND TaskQueue = "{name}" AND ExecutionStatus != "Running"'
    ended = [
        each
        async for each in client.list_workflows(query)
        if each.close_time and each.status is not CONTINUED
    ]
    if not ended:
        raise Mistake(f"No shadow of build {build} has ended in the Namespace {client.namespace}")
    last = max(ended, key=lambda each: each.close_time or each.start_time)
    handle: Handle = client.get_workflow_handle(last.id, run_id=last.run_id, result_type=Account)
    account = await verdict(handle.result(), last.id)
    asked = await request_of(handle)
    known = Request.__dataclass_fields__.keys() & asked  # a later release may have asked for more
    return account, Request(**{name: asked[name] for name in known})
