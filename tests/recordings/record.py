"""Makes the recordings that scenarios.py declares: python -m tests.recordings.record [NAME ...].

Without a name it makes what is missing; it never overwrites. A recording of another SDK version is
made by this very file, in a virtual environment of its own (the oldest ones need Python 3.11).
"""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import traceback
import venv
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.runtime import Runtime, TelemetryConfig

from tests.recordings.contents import leaks, outcome_of
from tests.recordings.play import play
from tests.recordings.scenarios import RECORDINGS, Recording

ROOT = Path(__file__).parents[2]
PATIENCE = 30  # seconds for one try; it takes less than one


def main(names: list[str]) -> int:
    """Return 0 when nothing is missing any more, 2 if a name is unknown or its file exists.

    Raises:
        RuntimeError: A recording came out otherwise than declared; it is not written.
    """
    wanted = list(dict.fromkeys(Path(name).name.removesuffix(".json") for name in names))
    for name in wanted:
        if name not in RECORDINGS:
            print(f"tests/recordings/scenarios.py declares no recording {name}.", file=sys.stderr)
            return 2
        if RECORDINGS[name].path.exists():
            print(f"{name} exists, and a recording is never made anew.", file=sys.stderr)
            return 2
    recordings = [RECORDINGS[name] for name in wanted or RECORDINGS]
    missing = [recording for recording in recordings if not recording.path.exists()]
    for recording in recordings:
        if recording not in missing:
            print(f"Exists: {recording.name}", flush=True)
    missing.sort(key=lambda recording: recording.sdk)
    for sdk, group in groupby(missing, key=lambda recording: recording.sdk):
        if sdk != version("temporalio"):
            record_with(sdk, [recording.name for recording in group])
            continue
        for recording in group:
            record(recording)
    return 0


def record(recording: Recording) -> None:
    """Make one recording, and write it if it is what its scenario declares."""
    text = ""
    while not text:
        text = asyncio.run(asyncio.wait_for(play(recording.scenario), PATIENCE))
    outcome = outcome_of(WorkflowHistory.from_json(recording.name, text))
    if outcome != recording.scenario.outcome:
        raise RuntimeError(f"{recording.name} came out as {outcome}")
    if found := leaks(text):
        raise RuntimeError(f"{recording.name} would tell {found}")
    recording.path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = recording.path.with_suffix(".unfinished")
    unfinished.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    unfinished.rename(recording.path)
    print(f"Made: {recording.name}", flush=True)


def record_with(sdk: str, names: list[str]) -> None:
    """Run this file with another SDK; the servers are still those beside this interpreter."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python")
        install = ["pip", "install", "-q", f"temporalio=={sdk}"]
        for arguments in (install, ["tests.recordings.record", *names]):
            subprocess.run(
                [python, "-m", *arguments], cwd=ROOT, env={**os.environ, "PATH": path}, check=True
            )


if __name__ == "__main__":
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))  # it logs to stdout
    logging.getLogger("temporalio.activity").disabled = True  # attempts fail on purpose
    try:
        status = main(sys.argv[1:])
    except RuntimeError as error:  # not as declared, or no server
        print(error, file=sys.stderr)
        status = 1
    except subprocess.CalledProcessError as error:  # which has said why
        status = error.returncode
    except Exception:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # for the reason that program.run gives
