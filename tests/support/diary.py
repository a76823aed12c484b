"""Workflows of a foreign kind, whose lines ``explain`` must name: each line says what it is."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from tests.support.diary_helper import nap, said

SOON = timedelta(seconds=10)


@activity.defn
async def echo(word: str) -> str:
    """Return the word."""
    return word


def audited(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Wrap a method, as a team's own decorators do."""

    @functools.wraps(method)
    async def wrapper(self: Any, *arguments: Any) -> Any:
        return await method(self, *arguments)

    return wrapper


@workflow.defn
class Letters:
    """Waits for Signals and an Update, then answers."""

    def __init__(self) -> None:
        self.letters: list[str] = []  # made
        self.sealed = False

    @workflow.run
    async def run(self) -> str:
        """Collect letters."""
        await workflow.wait_condition(lambda: len(self.letters) >= 2)  # for letters
        await workflow.wait_condition(lambda: self.sealed)  # for the seal
        return "".join(self.letters)  # the answer

    @workflow.signal
    def letter(self, letter: str) -> None:
        """Take a letter."""
        self.letters.append(letter)  # a letter came

    @workflow.update
    async def seal(self, word: str) -> str:
        """Seal the letters."""
        await echo_of(word)  # in the update
        self.sealed = True
        return word  # of the update


async def echo_of(word: str) -> str:
    """Call the Activity."""
    return await workflow.execute_activity(echo, word, schedule_to_close_timeout=SOON)  # echo


@workflow.defn
class Fan:
    """Runs three things at once, each of another length."""

    @workflow.run
    @audited
    async def run(self) -> list[str]:
        """Gather."""
        first = workflow.start_activity(echo, "first", schedule_to_close_timeout=SOON)  # started
        return [  # all of it
            *await asyncio.gather(  # gathered
                said("second"),
                workflow.execute_child_workflow(Child.run, "third"),  # the child
            ),
            await first,  # the first
        ]


@workflow.defn
class Child:
    """Naps, then returns."""

    @workflow.run
    async def run(self, word: str) -> str:
        """Nap as often as a generator says."""
        for seconds in naps():  # next nap
            await nap(seconds)  # the child naps
        return word  # the word


def naps() -> Iterator[float]:
    """Yield lengths of naps."""
    yield 0.01  # short
    yield 0.02  # shorter


@workflow.defn
class Patched:
    """Was changed while it ran, and continues as new."""

    @workflow.run
    async def run(self, round: int) -> int:
        """Go round."""
        if workflow.patched("nap-first"):  # patched
            await nap(0.01)  # the new way
        if round < 1:
            workflow.continue_as_new(round + 1)  # once more
        workflow.logger.info("Round %d is the last", round)  # logged
        print("to the terminal")  # printed
        await workflow.execute_local_activity(  # local
            echo, "local", schedule_to_close_timeout=SOON
        )
        return round  # the last round


@workflow.defn
class Cancelled:
    """Cleans up when it is cancelled."""

    @workflow.run
    async def run(self) -> None:
        """Sleep, then clean up."""
        try:
            await asyncio.sleep(3600)  # the long sleep
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.create_task(echo_of("bye")))  # cleaning up
            raise  # anew


@workflow.defn
class Failing:
    """Fails after a nap that a time-out bounds."""

    @workflow.run
    async def run(self) -> None:
        """Wait for what never comes."""
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.05)  # bounded
        except TimeoutError:
            give_up()


def give_up() -> None:
    """Fail the Workflow."""
    raise ApplicationError("nothing came")  # the failure


WORKFLOWS = [Letters, Fan, Child, Patched, Cancelled, Failing]
ACTIVITIES = [echo]
