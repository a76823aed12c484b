"""What `make soak SOAK=gate` does for minutes; the tests run a short form of it.

Workflows are made up, recorded on a real dev server, and edited, and so are their histories. The
gate must say of each what the SDK's own Replayer says, and name the edit.
"""

import argparse
import logging
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from program import run
from tests.support.differential.compared import Figures, cases_of, compare
from tests.support.differential.programs import Program, drawn
from tests.support.differential.recorded import prepare, record
from tests.support.differential.reference import Reference
from tests.support.servers import start_dev_server

AT_ONCE = 20  # programs that are recorded together
EDITS, DAMAGES = 30, 20  # of each program
RIGHT = 0.95  # so large a part of the diagnoses must name the edit and its line


def figure(
    programs: Sequence[Program],
    histories: Sequence[Sequence[HistoryEvent]],
    folder: Path,
    figures: Figures,
    reference: Reference,
    edits: int = EDITS,
    damages: int = DAMAGES,
) -> None:
    """Compare what the gate and the SDK say of these programs and histories."""
    chance = random.Random(programs[0].name)
    cases = [
        case
        for program, events in zip(programs, histories, strict=True)
        for case in cases_of(program, events, folder, chance, edits, damages)
    ]
    for one in compare(cases, folder, reference, f"worker_of_{programs[0].name}"):
        figures.add(one)


async def soak(
    client: Client, folder: Path, seconds: float, first: int, log: Path | None
) -> Figures:
    """Compare one batch of programs after the other, until the time is over."""
    figures = Figures()
    end = time.monotonic() + seconds
    await prepare(client)
    seed = first
    with Reference(folder) as reference:
        while seed == first or time.monotonic() < end:
            programs = drawn(AT_ONCE, seed)
            histories = await record(client, programs, folder)
            figure(programs, histories, folder, figures, reference)
            seed += 1
            if log:
                said = [f"seed {seed - 1}", f"{figures}"]
                said += [f"DISAGREE {one}" for one in figures.disagreements]
                said += [f"WRONG {one}" for one in figures.wrong]
                log.write_text("\n".join(said) + "\n", encoding="utf-8")
    return figures


async def main(seconds: float, first: int, log: Path | None) -> int:
    """Return 0 if the two agree everywhere and the diagnoses are right, else 1."""
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        async with await start_dev_server() as server:
            figures = await soak(server.client, Path(folder), seconds, first, log)
    print(figures)
    for one in figures.disagreements:
        print(one)
    enough = figures.right.total() >= RIGHT * figures.diagnosed.total()
    return 0 if enough and not figures.disagreements else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=600.0, metavar="S", help="default: %(default)s")
    add("--seed", type=int, default=1, metavar="N", dest="first", help="default: %(default)s")
    add("--log", type=Path, metavar="FILE", help="write all differences there, batch by batch")
    run(main(**vars(parser.parse_args())))
