"""Replays in processes: how many there are changes nothing, and one that is lost costs one."""

from collections import deque
from pathlib import Path

import pytest

from replaygate.explain import explaining
from replaygate.explain.explaining import SLOWER
from replaygate.inputs.sources import Source
from replaygate.judging import replay_process
from replaygate.judging.pool import ALIKE, BATCH, BATCH_BYTES, batch, longest_first
from replaygate.judging.replay_process import EVENTS_MORE, ReplayProcess
from replaygate.judging.serving import Begins, Settings
from replaygate.processes.child import context
from replaygate.targets.target import Target
from tests.support.damaged import TIMER, history
from tests.support.gate import (
    BAD,
    GOOD,
    HANGS,
    LOOPS,
    OTHER_GOOD,
    SLEEP,
    counts,
    failures,
    put,
)
from tests.support.programs import GATE, Project, status

PANICS = history([TIMER[0], *TIMER[:0:-1]])  # if nobody looks at it before
YIELDS = {
    "to nobody": "while True: await asyncio.sleep(0)",
    "to tasks": "while True: await asyncio.gather(*map(asyncio.sleep, [0] * 99))",
}
CHECK = "check(found.events)"
SOON = ("replaygate/judging/deadlock.py", "DEADLOCK = 2.0", "DEADLOCK = 0.5")  # seconds
ALSO_GOOD = "draw-50.python-1.35.0.json"


@pytest.mark.parametrize("jobs", ["1", "3"])
async def test_any_number_of_processes_says_the_same(gate: Project, jobs: str) -> None:
    """The number of processes changes nothing in what is said, nor in the order of it."""
    put(gate, b"{}", BAD, b"", GOOD, OTHER_GOOD, b"[]")
    found = await gate.run(*GATE, "given", "--jobs", jobs)
    assert status(found) == 1
    assert [Path(name).name for name in failures(found)] == [BAD, "0.json", "2.json", "5.json"]
    assert counts(found) == (2, 1, 3)


def test_long_histories_come_first_and_alone(tmp_path: Path) -> None:
    """The longest comes first and with no other; of short ones a process is sent many at once."""
    (tmp_path / "long").write_bytes(bytes(BATCH_BYTES - 1))
    short = [Source(str(number), data=b"short") for number in range(BATCH + 1)]
    missing = Source("missing", path=str(tmp_path / "missing"))
    longest = Source("longest", data=bytes(BATCH_BYTES * 2))
    sources = [missing, *short, Source("long", path=str(tmp_path / "long")), longest]
    queue = longest_first(sources)
    sizes = [[one.name for one in batch(queue, BATCH)] for _ in range(4)]
    assert sizes == [["longest"], ["long"], [*map(str, range(BATCH))], [str(BATCH), "missing"]]
    assert batch(deque(short), 3) == short[:3]


async def test_a_panic_is_named(gate: Project) -> None:
    """A history on which Core panics is named before it is given up, and the rest are replayed."""
    gate.change("replaygate/judging/serving.py", CHECK, "pass")
    put(gate, PANICS, GOOD, OTHER_GOOD)
    found = await gate.run(*GATE, "given", "--timeout", "600")
    assert (status(found), counts(found)) == (2, (2, 0, 1))
    assert [*failures(found).values()] == ["the SDK's Core panics on it, as on damaged histories"]


@pytest.mark.parametrize("code", [LOOPS, *YIELDS.values()], ids=["loops", *YIELDS])
async def test_code_that_does_not_yield_is_incompatible(gate: Project, code: str) -> None:
    """Where a Worker would see a deadlock, the history fails with its code, and the rest go on."""
    gate.change(*SOON)
    gate.change("backgroundcheck.py", SLEEP, code)
    put(gate, GOOD, OTHER_GOOD, ALSO_GOOD)
    found = await gate.run(*GATE, "given")
    assert (status(found), counts(found)) == (1, (2, 1, 0))
    assert "[TMPRL1101]" in failures(found)[f"given/{GOOD}"]
    assert f":25  {code}\n" in found.err


async def test_a_hang_is_given_up(gate: Project) -> None:
    """A history without an answer in time is given up and named, and the rest are replayed."""
    gate.change("backgroundcheck.py", SLEEP, HANGS)
    put(gate, GOOD, OTHER_GOOD, ALSO_GOOD)
    found = await gate.run(*GATE, "given", "--timeout", "1.5")
    assert (status(found), counts(found)) == (2, (2, 0, 1))
    expected = (
        "there is no answer within 1.5 s; more time: --timeout S of replaygate check or shadow"
    )
    assert failures(found) == {f"given/{GOOD}": expected}


class Silent:
    """A process that begins to replay a long history, and says no more."""

    def __init__(self, *_: object) -> None:
        self.pipe = self
        self.messages = [Begins(EVENTS_MORE, several=False)]

    def poll(self, _: float) -> bool:
        return bool(self.messages)

    def receive(self) -> Begins:
        return self.messages.pop()

    def kill(self) -> None: ...


def test_a_long_history_gets_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a history is given up later than others, the time that it had is named."""
    target, long = Target("worker:main"), Source("long.json", data=b"{}")
    monkeypatch.setattr(replay_process, "Child", Silent)
    process = ReplayProcess(context(), Settings(target), None, timeout=30)
    process.take([long])
    process.receive()
    process.ready, process.deadline = True, 0
    assert (given_up := process.late())
    assert given_up.reason.startswith("there is no answer within 60 s; ")
    monkeypatch.setattr(explaining, "Child", Silent)
    (told,) = explaining.explanations(long, target, timeout=30)
    assert told.verdict.reason == f"there is no answer within {30 + SLOWER * 30} s"


async def test_hangs_that_are_alike_end_the_run(gate: Project) -> None:
    """Where one history after the other has no answer, the run ends and says so, in one line."""
    gate.change("backgroundcheck.py", "random_number = ", f"{HANGS}\n        random_number = ")
    recorded = [(gate.directory / "histories" / name).read_bytes() for name in (GOOD, OTHER_GOOD)]
    put(gate, *recorded * (ALIKE // 2 + 1))
    found = await gate.run(*GATE, "given", "--timeout", "0.1", "--jobs", "4")
    assert (status(found), counts(found)) == (2, (0, 0, ALIKE))
    assert "The last 10 histories had no answer, so the run ends here." in found.out.splitlines()
