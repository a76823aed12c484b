"""Who polls a shadow's Task Queue, how much they replay at once, and how much they do."""

import os
import re
import socket

from temporalio.api.enums.v1 import PendingActivityState, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

SLOTS = re.compile(r" replays (\d+) at once$")
RECENT = 75.0  # seconds; a poll takes up to 60


def identity(slots: int) -> str:
    """Return what a Worker is called, by which others know its slots."""
    return f"{os.getpid()}@{socket.gethostname()} replays {slots} at once"


async def workers(client: Client, queue: str) -> set[str]:
    """Return the identities of the Workers that have polled of late.

    A Worker whose slots are all taken does not poll for Activities, but still for Workflow Tasks.
    """
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    latest = max((each.last_access_time.seconds for each in answer.pollers), default=0)
    return {
        each.identity for each in answer.pollers if latest - each.last_access_time.seconds < RECENT
    }


async def slots_of(client: Client, queue: str) -> int:
    """Return how many histories all Workers together replay at once."""
    found = map(SLOTS.search, await workers(client, queue))
    return max(1, sum(int(each[1]) for each in found if each))


async def running(client: Client, workflow_id: str) -> int:
    """Return how many slices of a shadow are being replayed, not waiting for a Worker."""
    description = await client.get_workflow_handle(workflow_id).describe()
    started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
    pending = description.raw_description.pending_activities
    return sum(each.state == started for each in pending)
