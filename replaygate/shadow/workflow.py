"""The Workflow: hands out slices, adds up what comes of them, and holds no history itself."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.converter import value_to_type
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError

with workflow.unsafe.imports_passed_through():
    from replaygate.outputs import render
    from replaygate.shadow.request import (
        ACTIVITY,
        PROGRESS,
        WORKFLOW,
        Account,
        Done,
        Part,
        Request,
        begun,
    )
    from replaygate.shadow.summary import report_of
    from replaygate.shadow.tally import Tally

ATTEMPTS = 20  # a Worker that is killed or replaced costs one
RETRIES = RetryPolicy(maximum_interval=timedelta(seconds=30), maximum_attempts=ATTEMPTS)
LONGEST = timedelta(days=7)  # for one slice; the heartbeat is what finds a Worker that is gone

Running = dict[workflow.ActivityHandle[Done], Part]


@workflow.defn(name=WORKFLOW)
class Shadow:
    """One shadow of one build."""

    @workflow.init
    def __init__(self, request: Request, account: Account | None) -> None:
        self.request = request
        self.account = account or begun(request, workflow.now().timestamp())
        self.first = account is None
        self.running: Running = {}
        self.closing = False  # whether this run hands out no more

    @workflow.run
    async def run(self, request: Request, account: Account | None) -> Account:
        """Replay everything; continue as new when the history gets long."""
        timer = self.timer()
        while True:
            self.hand_out()
            if not self.running:
                break
            waits: list[asyncio.Task[Any]] = [*self.running, *timer]
            done, _ = await workflow.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task in timer:
                    timer = []
                    self.end(f"the {request.seconds:g} s of --for are over")
                elif isinstance(task, workflow.ActivityHandle):
                    self.take(task)
            self.look()
        if self.closing:
            workflow.continue_as_new(args=[request, self.account])
        for each in timer:
            each.cancel()
        return self.account

    @workflow.query(name=PROGRESS)
    def progress(self) -> Account:
        """Return how far it has come."""
        return self.account

    def timer(self) -> list[asyncio.Task[None]]:
        """Return what ends when no more may be replayed, if there is such a time."""
        if not self.request.seconds:
            return []
        left = self.account.began + self.request.seconds - workflow.now().timestamp()
        return [asyncio.create_task(asyncio.sleep(max(0.0, left)))]

    def hand_out(self) -> None:
        """Give slices to Workers, as many as they can replay at once."""
        account, request = self.account, self.request
        suggested = workflow.info().is_continue_as_new_suggested()
        self.closing = bool(account.waiting and not account.over and suggested)
        while account.waiting and not account.over and not self.closing:
            left = request.limit - account.tally.size - sum(p.limit for p in self.running.values())
            if len(self.running) >= account.slots or (request.limit and left < 1):
                return
            piece = account.waiting.pop()
            limit = left if piece.count < 0 else min(left, piece.count)
            part = Part(
                piece,
                first=self.first,
                limit=limit if request.limit else 0,
                beside=account.slots,
                shares=account.shares,
            )
            self.first = False
            self.running[self.started(part)] = part

    def started(self, part: Part) -> workflow.ActivityHandle[Done]:
        """Start the Activity on a part."""
        return workflow.start_activity(
            ACTIVITY,
            args=[self.request, part],
            result_type=Done,
            start_to_close_timeout=LONGEST,
            heartbeat_timeout=timedelta(seconds=self.request.heartbeat),
            retry_policy=RETRIES,
            # What a cancelled slice has replayed counts, too.
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )

    def take(self, task: workflow.ActivityHandle[Done]) -> None:
        """Add what came of a part."""
        part = self.running.pop(task)
        try:
            self.account.add(task.result(), part.first)
        except ActivityError as error:
            self.failed(part, error)

    def failed(self, part: Part, error: ActivityError) -> None:
        """Note why nothing came of a part."""
        cause, account = error.cause, self.account
        if isinstance(cause, ApplicationError) and cause.non_retryable:
            for tally in cause.details:  # what was replayed before counts
                account.tally.merge(value_to_type(Tally, tally))
            account.tally.merge(Tally(errors=[cause.message]))  # others may say the same
            self.end("it can't go on")
        elif isinstance(cause, CancelledError) or account.over:
            account.waiting.append(part.slice)  # no Worker had it, or has it any more
        else:
            count = part.slice.count if part.slice.count >= 0 else "unknown size"
            account.tally.errors.append(
                f"A slice of {count} was given up after {ATTEMPTS} attempts: {cause}"
            )

    def look(self) -> None:
        """Show in the Web UI how far it is; end it if it has found enough."""
        account, request = self.account, self.request
        account.seconds = workflow.now().timestamp() - account.began
        if request.stop_after and account.tally.incompatible >= request.stop_after:
            self.end("it has found enough")
        if request.limit and account.tally.size >= request.limit and account.waiting:
            self.end(f"the {request.limit:,} of --limit are replayed")
        workflow.set_current_details(render.step_summary(report_of(account, request)))

    def end(self, why: str) -> None:
        """Hand out no more, and let what runs return what it has."""
        self.account.over = self.account.over or why
        for task in self.running:
            task.cancel()
