"""Measures the gate beside other ways to replay the same histories, and writes README.md.

Whole processes, one at a time, the ways alternating. ``make bench`` runs it; Linux only.
"""

import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from replaygate.judging.pool import WORTH_A_PROCESS
from tests.support.made_up import long_history

HERE = Path(__file__).parent
HISTORIES = HERE.parent / "histories"
README = HERE / "README.md"
PACKAGES = HERE / "package.json"
ROUNDS = 5
COUNT = 1_000  # histories
MEMORY_SIZES = (100, COUNT, 10_000)
SIZES = (10, 20, 40, 80, 160)  # where the second process begins to pay
NAPS = 1_999  # of the long history: 10,000 Events
GUIDE_SIZES = (5, 25)  # the guide's way is too slow for more, so the rest is extrapolated
PR_SET_CHILD_SUBREAPER = 36  # makes us the parent of orphans, so that none goes uncounted

PYTHON = sys.executable
GATE = [PYTHON, "-m", "replaygate", "check"]
PLAIN = [PYTHON, "-m", "bench.plain"]
LONG_GATE = [*GATE, "--worker", "bench.sleeper:Sleeper"]
LONG_PLAIN = [PYTHON, "-m", "bench.long"]
GUIDE = [PYTHON, "-m", "bench.guide"]
TYPESCRIPT = ["node", str(HERE / "replay.mjs")]

# A user's shell lets Python keep its bytecode; without it each run compiles the Workflow anew.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

TEXT = """\
# Speed

Written by `make bench`; these are the figures of one run.

{machine}.
{count:,} Event Histories, copies of the recordings `no-timer*` and `timer*`, half of each.
Every figure is a whole process, from its start to its end, reading the JSON files included: the
median of {rounds} rounds in which the ways alternate. Ratios are taken within a round.
CPU counts all processes and threads. Python keeps its bytecode, as it does in a user's shell.
Where the load is high, others take the cores, and CPU seconds tell more than seconds.

{ways}

- `plain.py` is the shortest correct script: one `Replayer.workflow_replay_iterator`.
- `guide.py` starts a time-skipping server for each history and then replays it. {guide} histories
  were measured, and the rest extrapolated from the difference.
- `replay.mjs` is the TypeScript SDK's `Worker.runReplayHistories` with `reuseV8Context`; the
  Workflow bundle was made before. That SDK draws other random numbers from the same seed, so its
  Workflow goes by the file's name instead of a draw. {typescript}

## Goals

{goals}

## Where the time goes

Of a replay in one process, measured by turning each off and on again within a process:

- To read the JSON directly saves a fifth: the SDK's own reader takes seven times as long, which is
  left to read what is out of the ordinary.
- A context that no codec asks for was made in the sandbox for each payload: a tenth.
- The sandbox compiles the same lines whenever it is entered: a tenth, saved.
- To visit the payloads where no codec is takes a twentieth, saved. With a codec, as here, two of
  three visits are for a storage that is not there: a twenty-fifth, saved.
- The code of the Workflow's module was read again for each run, and `@workflow.defn` took long to
  see what is no Update: a twenty-fifth each, saved.

What is left is the SDK's: a third is Core, the bridge and the hand-over between their threads (the
floor, about 0.15 of `plain.py`), a fifth makes the sandbox (half of it imports the module of the
Workflow again, as it must), a fifth runs the Workflow in it. To read and check a history takes 6 %.
What its maintainers could save is in [docs/sdk-proposal.md](../docs/sdk-proposal.md).

## A long history

One history of 10,000 Events, `bench.sleeper`; `long.py` is `plain.py` for it.

{long}

## Memory

The peak of each process of `replaygate check`, in MiB, the parent first.

{memory}

## Where a second process pays

`replaygate check` takes more than one process from {worth} histories on (`WORTH_A_PROCESS`).

{pay}
"""


@dataclass
class Run:
    """What one whole run cost: seconds, and CPU seconds of all its processes."""

    seconds: float
    cpu: float = 0.0


Runs = list[Run]


def begin(command: list[str], *arguments: object) -> "subprocess.Popen[bytes]":
    """Start a command."""
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        cwd=HERE.parent,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
    )


def measure(command: list[str], *arguments: object) -> Run:
    """Run a command to its end, and all the processes that it starts."""
    started = time.perf_counter()
    process = begin(command, *arguments)
    run = Run(0.0)
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return run
        run.cpu += usage.ru_utime + usage.ru_stime
        if pid == process.pid:
            run.seconds = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise SystemExit(f"{command} ended with status {process.returncode}")


def peaks(command: list[str], *arguments: object) -> list[int]:
    """Run a command and return the peak of each of its processes in MiB, the parent first."""
    process = begin(command, *arguments)
    found: dict[int, int] = {}
    while process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in (process.pid, *map(int, children)):
            with suppress(OSError, IndexError):  # it has just ended
                told = Path(f"/proc/{pid}/status").read_text()
                found[pid] = int(told.partition("VmHWM:")[2].split()[0]) // 1024
        time.sleep(0.02)
    return [*found.values()]


def alternate(
    commands: dict[str, list[str]], *arguments: object, rounds: int = ROUNDS
) -> dict[str, Runs]:
    """Run each command once a round."""
    runs: dict[str, Runs] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(measure(command, *arguments))
            print(f"{name:24} {runs[name][-1].seconds:7.2f} s", file=sys.stderr)
    return runs


def seconds(runs: Runs) -> float:
    """Return the median time."""
    return median(run.seconds for run in runs)


def cpu(runs: Runs) -> str:
    """Return the median CPU time."""
    return f"{median(run.cpu for run in runs):.2f}"


def ratio(ours: Runs, theirs: Runs) -> str:
    """Compare two ways round by round."""
    return f"{median(a.seconds / b.seconds for a, b in zip(ours, theirs, strict=True)):.2f}"


def copies(folder: Path, count: int) -> Path:
    """Copy recordings into a new folder, under names of their own and with their own run ids."""
    target = folder / str(count)
    target.mkdir()
    kinds = [sorted(HISTORIES.glob(f"{kind}.*.json")) for kind in ("no-timer", "timer")]
    pairs = zip(*map(cycle, kinds), strict=False)
    for number, path in enumerate(islice((path for pair in pairs for path in pair), count)):
        shutil.copy(path, target / f"{path.stem}-{number:05}.json")
    return target


def table(*head: str, rows: list[list[str]]) -> str:
    """Lay out a Markdown table, the first column to the left."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def node() -> str:
    """Name the version of Node.js."""
    command = ["node", "--version"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    sdk = json.loads(PACKAGES.read_text())["dependencies"]["@temporalio/worker"]
    return f"Node.js {found.strip().removeprefix('v')}, SDK {sdk}."


def install_typescript() -> str:
    """Install the TypeScript SDK into node_modules and bundle the Workflow; say what can't be."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "It was left out: there is no Node.js here."
    npm = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
    for command in (npm, TYPESCRIPT):
        if subprocess.run(command, cwd=HERE, stdout=sys.stderr).returncode:
            return "It was left out: its packages can't be installed here."
    return ""


def machine() -> str:
    """Say what kind of machine this is."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores = len(os.sched_getaffinity(0))
    return (
        f"{model}, {cores} cores, Linux; Python {platform.python_version()}, "
        f"temporalio {version('temporalio')}; load average before {os.getloadavg()[0]:.1f}"
    )


def measure_ways(folder: Path, many: Path) -> tuple[dict[str, Runs], float, str]:
    """Measure each way, the guide's in seconds for all; say what there is to say of TypeScript."""
    ways = {
        "`replaygate check`": GATE,
        "`replaygate check --jobs 1`": [*GATE, "--jobs", "1"],
        "`plain.py`": PLAIN,
    }
    missing = install_typescript()
    if not missing:
        ways["`replay.mjs`"] = TYPESCRIPT
    alternate(ways, copies(folder, 2), rounds=1)  # files come into the cache, bytecode is made
    few, more = (measure(GUIDE, copies(folder, count)).seconds for count in GUIDE_SIZES)
    each = (more - few) / (GUIDE_SIZES[1] - GUIDE_SIZES[0])
    return alternate(ways, many), few + each * (COUNT - GUIDE_SIZES[0]), missing or node()


def measure_long(folder: Path) -> list[list[str]]:
    """Measure the gate beside the SDK's Replayer on a long history."""
    target = folder / "long"
    target.mkdir()
    (target / "long.json").write_text(long_history(NAPS))
    ways = {"`replaygate check`": LONG_GATE, "`long.py`": LONG_PLAIN}
    runs = alternate(ways, target)
    return [
        [name, f"{seconds(way):.2f}", cpu(way), ratio(way, runs["`long.py`"])]
        for name, way in runs.items()
    ]


def measure_pay(folder: Path) -> list[list[str]]:
    """Measure one process against two, for each size."""
    jobs = {number: [*GATE, "--jobs", number] for number in ("1", "2")}
    rows = []
    for size in SIZES:
        one, two = alternate(jobs, copies(folder, size)).values()
        rows.append([f"{size}", f"{seconds(one):.2f}", f"{seconds(two):.2f}", ratio(two, one)])
    return rows


def main(folder: Path) -> None:
    """Measure everything and write README.md."""
    head = machine()
    many = copies(folder, COUNT)
    ways, guide, typescript = measure_ways(folder, many)
    cold = seconds([measure(GATE, next(many.iterdir())) for _ in range(ROUNDS)])
    memory = {
        size: peaks(GATE, many if size == COUNT else copies(folder, size)) for size in MEMORY_SIZES
    }
    pay, long = measure_pay(folder), measure_long(folder)

    gate, plain = ways["`replaygate check`"], ways["`plain.py`"]
    alone = ways["`replaygate check --jobs 1`"]
    rows = [
        [
            name,
            f"{seconds(way):.2f}",
            cpu(way),
            f"{COUNT / seconds(way):.0f}",
            ratio(way, plain),
        ]
        for name, way in ways.items()
    ]
    beside = f"{guide / seconds(plain):.0f}"
    rows.append(["`guide.py`", f"{guide:.0f}", "", f"{COUNT / guide:.0f}", beside])
    goals = [
        ["time beside `plain.py`", "at most 0.30", ratio(gate, plain)],
        ["the same with one process", "at most 0.55", ratio(alone, plain)],
        ["time beside `guide.py`", "at most 1/60", f"1/{guide / seconds(gate):.0f}"],
        ["a long history beside `long.py`", "at most 1.20", long[0][-1]],
        ["a single history, cold", "under 1 s", f"{cold:.2f} s"],
        ["memory of a process", "at most 100 MiB", f"{max(map(max, memory.values()))} MiB"],
    ]
    if other := ways.get("`replay.mjs`"):
        goals.append(["time beside `replay.mjs`", "at most 0.40", ratio(gate, other)])
    text = TEXT.format(
        machine=head,
        count=COUNT,
        rounds=ROUNDS,
        guide=" and ".join(map(str, GUIDE_SIZES)),
        typescript=typescript,
        worth=WORTH_A_PROCESS,
        ways=table("way", "seconds", "CPU seconds", "histories/s", "of `plain.py`", rows=rows),
        long=table("way", "seconds", "CPU seconds", "of `long.py`", rows=long),
        goals=table("what", "goal", "measured", rows=goals),
        memory=table(
            "histories",
            "peaks",
            rows=[[f"{size:,}", ", ".join(map(str, memory[size]))] for size in MEMORY_SIZES],
        ),
        pay=table("histories", "`--jobs 1`, s", "`--jobs 2`, s", "ratio", rows=pay),
    )
    _, mark, rest = README.read_text().partition("\n## Shadowing\n")  # of bench/shadow.py
    README.write_text(text + mark + rest)
    print(text)


if __name__ == "__main__":
    if sys.platform != "linux":
        sys.exit("The benchmark counts processes as only Linux can.")
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(temporary))
