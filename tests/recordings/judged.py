"""The gate's verdicts on recordings, by their names."""

from collections.abc import Iterable
from pathlib import Path

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

    The processes come from the fork server, because a test run has threads.
    """
    config = load(ROOT)
    target = Target(worker or config.worker, config.client, str(ROOT))
    sources = [Source(recording.name, str(recording.path)) for recording in recordings]
    verdicts = judge(sources, target, start_method=start_method())
    return {verdict.name: verdict for verdict in verdicts}
