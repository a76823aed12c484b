"""Who polls a shadow's Task Queue, how much they replay at once, and how much they do."""

import os
import re
import socket
import time

from temporalio.api.enums.v1 import PendingActivityState, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

SLOTS = re.compile(r" replays (\d+) at once$")
RECENT = 75.0  # seconds; a poll takes up to 60


def identity(slots: int) -> str:
    """Return what a Worker is called, by which others know its slots."""
    return f"{os.getpid()}@{socket.gethostname()} replays {slots} at once"


async def pollers(client: Client, queue: str) -> dict[str, int]:
    """Return the identities of the Workers of the last minutes, and when each has polled last.

    A Worker whose slots are all taken does not poll for Activities, but still for Workflow Tasks.
    """
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    return {each.identity: each.last_access_time.seconds for each in answer.pollers}


async def slots_of(client: Client, queue: str) -> int:
    """Return how many histories all Workers together replay at once."""
    found = await pollers(client, queue)
    recent = max(found.values(), default=0) - RECENT
    slots = (SLOTS.search(identity) for identity, polled in found.items() if polled > recent)
    return max(1, sum(int(each[1]) for each in slots if each))


class Watch:
    """Tells whether anybody polls, by our own clock: the Service's may differ."""

    def __init__(self, client: Client, queue: str) -> None:
        self.client, self.queue = client, queue
        self.seen: dict[str, int] = {}
        self.moved = 0.0  # when somebody has polled

    async def somebody_polls(self) -> bool:
        """Look, and say whether anybody has polled of late."""
        found = await pollers(self.client, self.queue)
        if found != self.seen:
            self.seen, self.moved = found, time.monotonic()
        return bool(found) and time.monotonic() - self.moved < RECENT


async def running(client: Client, workflow_id: str) -> int:
    """Return how many slices of a shadow are being replayed, not waiting for a Worker."""
    description = await client.get_workflow_handle(workflow_id).describe()
    started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
    pending = description.raw_description.pending_activities
    return sum(each.state == started for each in pending)
