from temporalio.client import Client
from temporalio.worker import Worker

from flows import ALL


def worker(client: Client) -> Worker:
    return Worker(client, task_queue="qn", workflows=ALL)
