"""The gate and the SDK's own Replayer, on Workflows that Hypothesis makes up, and changes to them.

`make soak SOAK=gate` does the same for minutes.
"""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.gate.soak import figure
from tests.support.differential.compared import Figures
from tests.support.differential.programs import drawn
from tests.support.differential.recorded import prepare, record
from tests.support.differential.reference import Reference

SEED = 0
PROGRAMS = 6  # more only take longer to record
EDITS, DAMAGES = 14, 8  # of each
RIGHT = 0.9  # of some sixty diagnoses; `make soak SOAK=gate` has a thousand, and demands 0.95


async def test_they_agree(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They say the same of each edit of a program and each change to its history."""
    monkeypatch.syspath_prepend(tmp_path)
    programs = drawn(PROGRAMS, SEED)
    await prepare(client)
    histories = await record(client, programs, tmp_path)
    figures = Figures()
    with Reference(tmp_path) as reference:
        await asyncio.to_thread(
            figure, programs, histories, tmp_path, figures, reference, EDITS, DAMAGES
        )
    assert not figures.disagreements, "\n".join(map(str, figures.disagreements))
    assert (figures.programs, figures.edits > 50, figures.damages > 30) == (PROGRAMS, True, True)
    assert {"replays", "incompatible", "unverified"} <= figures.outcomes.keys()
    wrong = "\n".join(map(str, figures.wrong))
    assert figures.right.total() >= RIGHT * figures.diagnosed.total() > 0, wrong
