"""Small Workflows that Hypothesis makes up, of every kind of step.

A line that gives a Command ends with what that step is called, so `tests.support.edits` can edit
it.
"""

import textwrap
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.support.differential.steps import COMPOUND, ENDS, SIMPLE, Lines, Writer

MODULE = '''\
"""A Workflow that was made up."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from tests.support.flows import do


@workflow.defn(name="{name}")
class Flow:
    def __init__(self) -> None:
        self.steps = 0
        self.changes = 0

    @workflow.signal
    async def step(self) -> None:
{signal}
        self.steps += 1

    @workflow.update
    async def change(self, what: str) -> str:
{update}
        self.changes += 1
        return what

    @workflow.query
    def so_far(self) -> int:
        return self.steps + self.changes

    @workflow.run
    async def run(self) -> str:
{run}
{methods}'''
BODY = " " * 8


@dataclass(frozen=True)
class Program:
    """A Workflow, and what has to happen to it while it is recorded."""

    name: str
    source: str
    signals: int = 0
    updates: int = 0
    cancelled: bool = False
    stays_open: bool = False


@st.composite
def programs(draw: st.DrawFn, name: str) -> Program:
    """Make up a Workflow."""
    writer = Writer(draw)
    run = Lines()
    for _ in range(draw(st.integers(1, 5))):
        run += draw(st.sampled_from([*SIMPLE, *COMPOUND, *COMPOUND]))(writer)
    signal, update = (writer.some(0, 1) for _ in range(2))
    end = draw(st.sampled_from(ENDS))
    run += end.write(writer)
    return Program(
        name,
        MODULE.format(
            name=name,
            signal=indented(signal or ["pass"]),
            update=indented(update or ["pass"]),
            run=indented(run),
            methods="\n".join(textwrap.indent("\n".join(m), " " * 4) for m in writer.methods),
        ),
        signals=writer.signals,
        updates=writer.updates,
        cancelled=end.cancelled,
        stays_open=end.stays_open,
    )


def indented(lines: list[str]) -> str:
    """Return these lines as the body of a method."""
    return textwrap.indent("\n".join(lines), BODY)


def drawn(number: int, of_seed: int) -> list[Program]:
    """Let Hypothesis make up so many Workflows; the same ones for the same seed."""
    found: list[list[Program]] = []
    names = [f"made_{of_seed}_{n}" for n in range(number)]

    @seed(of_seed)
    @settings(
        max_examples=2,  # the first is always the smallest
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(st.tuples(*(programs(name) for name in names)))
    def make(made: tuple[Program, ...]) -> None:
        found.append([*made])

    make()
    return found[-1]
