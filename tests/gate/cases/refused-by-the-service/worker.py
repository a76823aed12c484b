"""What this case's application serves."""

from temporalio.client import Client
from temporalio.worker import Worker

import flows

WORKFLOWS = [flows.Order]


def worker(client: Client) -> Worker:
    return Worker(client, task_queue="cases", workflows=WORKFLOWS)
