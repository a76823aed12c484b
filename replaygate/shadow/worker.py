"""The Worker of a shadow: in the candidate's image, as many of them as there is to replay."""

import asyncio
import logging
import os
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from replaygate.judging.pool import CORES
from replaygate.shadow.activity import Slices
from replaygate.shadow.attempt import Held
from replaygate.shadow.clients import own_client
from replaygate.shadow.polling import identity
from replaygate.shadow.request import NAMESPACE, Request, name_of
from replaygate.shadow.slot import Slot
from replaygate.shadow.types import registered
from replaygate.shadow.workflow import Shadow
from replaygate.targets.target import Target, connect

BEAT = timedelta(seconds=1)  # heartbeats are sent no more often
MISSED = timedelta(seconds=2)  # after which another Worker takes a Workflow Task over
logger = logging.getLogger("replaygate")


@dataclass(frozen=True)
class Place:
    """Where a shadow runs."""

    build: str
    client: str = ""  # MODULE:ATTRIBUTE, or empty
    profile: str = ""
    namespace: str = NAMESPACE


async def serve(target: Target, place: Place, jobs: int = 0) -> int:
    """Serve a build's shadow until the process is told to end.

    Raises:
        TargetError: The target can't be resolved, or its Temporal Service can't be reached.
        Mistake: There is no Namespace for the shadow.
    """
    jobs = jobs or len(CORES) or os.cpu_count() or 1
    types = await asyncio.to_thread(registered, target)
    theirs = await connect(target)
    own = await own_client(target, place.client, place.profile, place.namespace, theirs)
    queue = name_of(place.build)
    # Where others share the cores, a process must go where there is room.
    cores = [CORES[slot : slot + 1] if jobs == len(CORES) else [] for slot in range(jobs)]
    slots = [Slot(target, core) for core in cores]
    free: asyncio.Queue[Slot] = asyncio.Queue()
    for slot in slots:
        slot.begin(Request.strict, Request.timeout)  # most are asked so
        free.put_nowait(slot)
    held = Held(theirs, own, queue, types, free)
    try:
        async with shadow_worker(own, queue, Slices(held), jobs):
            address = own.service_client.config.target_host
            logger.info(
                "Serving %s, namespace %s, task queue %s; replays %d at once",
                *(address, own.namespace, queue, jobs),
            )
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        return 0  # told to end; what was not replayed goes to another
    finally:
        for slot in slots:
            slot.abandon()
    return 0


def shadow_worker(client: Client, queue: str, slices: Slices, slots: int) -> Worker:
    """Return the Worker of the Temporal Service."""
    return Worker(
        client,
        task_queue=queue,
        workflows=[Shadow],
        activities=[slices.shadow_slice],
        identity=identity(slots),
        max_concurrent_activities=slots,
        disable_eager_activity_execution=True,  # else slices wait for this Worker, not for any
        sticky_queue_schedule_to_start_timeout=MISSED,
        max_heartbeat_throttle_interval=BEAT,
        default_heartbeat_throttle_interval=BEAT,
    )
