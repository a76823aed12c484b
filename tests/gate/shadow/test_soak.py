"""The short form of ``make soak SOAK=gate.shadow``."""

from pathlib import Path

from tests.gate.shadow.soak import soak


async def test_exact_whatever_is_killed(tmp_path: Path) -> None:
    """Each Execution is reported once, though Workers, server and command are killed meanwhile."""
    figures = await soak(tmp_path, executions=60, workers=2, every=0.8, kills=5, module="slow")
    assert figures.good(), figures
    assert figures.worker_kills
    assert figures.deleted == 20
