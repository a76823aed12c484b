"""The gate's verdicts on recordings, by their names."""

import os
from collections.abc import Iterable
from pathlib import Path

import codec
from replaygate.config import load
from replaygate.inputs.sources import Source
from replaygate.judging.pool import judge
from replaygate.shadow.slot import start_method
from replaygate.targets.target import Target
from replaygate.verdict import Verdict
from tests.recordings.scenarios import Recording

ROOT = Path(__file__).parents[2]


def judged(recordings: Iterable[Recording], worker: str = "") -> dict[str, Verdict]:
    """Let the gate replay recordings on a Worker; without one, on that of the configuration.

    The processes come from the fork server, because a test run has threads. It has the environment
    in which it began, so those that need a key are spawned.
    """
    config = load(ROOT)
    target = Target(worker or config.worker, config.client, str(ROOT))
    sources = [Source(recording.name, str(recording.path)) for recording in recordings]
    method = "spawn" if codec.VARIABLE in os.environ else start_method()
    verdicts = judge(sources, target, start_method=method)
    return {verdict.name: verdict for verdict in verdicts}
