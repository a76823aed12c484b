"""Measures shadows beside ``check --query`` on the same Executions, and writes it into README.md.

``python -m bench.shadow`` runs it, for some minutes; Linux only. Everything runs on this machine:
the dev server, the Workers, and what they are measured against.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from temporalio.client import Client

from backgroundcheck import BackgroundCheck
from bench.__main__ import ENVIRONMENT, GATE, HERE, README, machine, table
from tests.support.executions import SSN, worker
from tests.support.servers import create_namespace, start_dev_server

COUNT = 3_000
ROUNDS = 3
MARK = "\n## Shadowing\n"  # behind which this module writes
SPACE, OWN, QUEUE = "backgroundcheck_namespace", "shadow", "bench"
FILTER = f'TaskQueue="{QUEUE}"'
SERVER = ("frontend.namespaceRPS=10000", "frontend.namespaceRPS.visibility=1000")
TWO = "two Workers, each on a core"
ALL_ON_ONE = "the same, the dev server on that core, too"
SHADOW = [*GATE[:-1], "shadow", "--json", "--query", FILTER]
WORKER = [*GATE[:-1], "shadow-worker"]

TEXT = """
Written by `python -m bench.shadow`; these are the figures of one run.

{machine}.
{count:,} BackgroundChecks on a dev server on the same machine. The Workers are up before; each
figure is a whole run of the command, the median of {rounds} rounds in which the ways alternate.

{ways}

- All on two cores, the dev server included, is {faster:.1f} times as fast as all on one.
- Two Workers, one of them killed (`kill -9`) while it replays: {killed}.
- The shadow's own history: {events} Events and {size:.1f} KB, which is {events_each:.0f} Events
  and {size_each:.1f} KB for 1,000 Executions.
- Memory of a Worker's processes, in MiB, after {few:,} Executions and after all: {memory}.
"""


class Field:
    """A dev server with Executions, and how programs find it."""

    def __init__(self, address: str) -> None:
        self.environment = ENVIRONMENT | {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": SPACE}

    def start(self, *command: str, cores: str = "") -> "subprocess.Popen[str]":
        """Start a command, on these cores if any are named."""
        pinned = ["taskset", "-c", cores] if cores else []
        return subprocess.Popen(
            [*pinned, *command],
            cwd=HERE.parent,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def workers(
        self, build: str, number: int, jobs: int, *cores: str
    ) -> list[subprocess.Popen[str]]:
        """Start Workers of a build, and wait until they serve."""
        found = [
            self.start(
                *WORKER, "--build", build, "--jobs", f"{jobs}", cores=cores[each] if cores else ""
            )
            for each in range(number)
        ]
        for each in found:
            assert each.stderr
            while "Serving" not in each.stderr.readline():
                assert each.poll() is None
        time.sleep(3)  # their replay processes import the target
        return found

    def run(self, *command: str, cores: str = "") -> tuple[float, dict[str, object]]:
        """Run a command to its end; return its seconds and what it prints as JSON."""
        began = time.perf_counter()
        process = self.start(*command, cores=cores)
        out, err = process.communicate()
        if process.returncode:
            raise SystemExit(f"{command}: {process.returncode} {err} {out[-500:]}")
        return time.perf_counter() - began, json.loads(out)

    def shadow(self, build: str, *more: str, cores: str = "") -> float:
        """Run a shadow, make sure that it has counted everything, and return its seconds."""
        seconds, document = self.run(*SHADOW, "--build", build, *more, cores=cores)
        assert more or document["replays"] == COUNT, document
        return seconds


def end(workers: "list[subprocess.Popen[str]]") -> None:
    """Stop Workers."""
    for each in workers:
        each.send_signal(signal.SIGTERM)
    for each in workers:
        each.wait()


async def fill(client: Client) -> None:
    """Run Executions to their ends; half of them sleep for a minute."""
    async with worker(client, QUEUE, max_concurrent_workflow_tasks=50):
        starting = asyncio.Semaphore(50)

        async def one(number: int) -> None:
            async with starting:
                await client.start_workflow(
                    BackgroundCheck.run, SSN, id=f"bench-{number}", task_queue=QUEUE
                )

        await asyncio.gather(*map(one, range(COUNT)))
        await asyncio.sleep(5)
        query = f'{FILTER} AND ExecutionStatus="Running"'
        while left := (await client.count_workflows(query)).count:
            print(f"{left:,} Executions run", file=sys.stderr)
            await asyncio.sleep(5)


def children(process: int | str) -> list[int]:
    """Return the processes that a process has started."""
    threads = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text().split()]


def dev_server() -> int:
    """Return the dev server's process."""
    (found,) = [
        child
        for child in children("self")
        if b"start-dev" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    return found


def pin(process: int, cores: str) -> None:
    """Keep a process and its threads on these cores."""
    command = ["taskset", "-a", "-p", "-c", cores, f"{process}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def all_on_one_core(field: Field, build: str) -> float:
    """Run a shadow on a Worker of one core, the dev server on that core; return its seconds."""
    pin(dev_server(), "0")
    try:
        return field.shadow(build, cores="0")
    finally:
        pin(dev_server(), ",".join(map(str, os.sched_getaffinity(0))))


def memory(process: int) -> list[int]:
    """Return the peaks of a process and of all below it, in MiB."""
    peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    below = [each for child in children(process) for each in memory(child)]
    return [*([int(peak[1]) // 1024] if peak else []), *below]


def measure(field: Field) -> dict[str, list[float]]:
    """Run each way once a round."""
    two = field.workers("two", 2, 1, "0", "1")
    wide = field.workers("wide", 1, 2)
    one = field.workers("one", 1, 1, "0")
    ways: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, seconds in (
            ("`check --query`", field.run(*GATE, "--json", "--query", FILTER)[0]),
            (TWO, field.shadow("two")),
            ("one Worker, two replays", field.shadow("wide")),
            ("one Worker, one replay, on one core", field.shadow("one")),
            (ALL_ON_ONE, all_on_one_core(field, "one")),
        ):
            ways.setdefault(name, []).append(seconds)
            print(f"{name:28} {ways[name][-1]:6.1f} s", file=sys.stderr)
    end(two + wide + one)
    return ways


def kill_one(field: Field) -> str:
    """Kill a Worker in the middle; say what the report holds."""
    workers = field.workers("kill", 2, 1)
    shadow = field.start(*SHADOW, "--build", "kill")
    time.sleep(6)
    os.kill(workers[0].pid, signal.SIGKILL)
    out, _ = shadow.communicate()
    end(workers)
    document = json.loads(out)
    return f"{document['replays']:,} of {COUNT:,} reported, status {document['status']}"


def peaks(field: Field, few: int) -> str:
    """Return what a Worker's processes take after few Executions, and after all."""
    workers = field.workers("memory", 1, 1)
    field.shadow("memory", "--limit", f"{few}")
    before = memory(workers[0].pid)
    field.shadow("memory")
    after = memory(workers[0].pid)
    end(workers)
    return f"{', '.join(map(str, before))}; {', '.join(map(str, after))}"


async def main() -> None:
    """Measure everything and write it."""
    head, few = machine(), 1_000
    async with await start_dev_server(*SERVER) as server:
        client = Client(server.client.service_client, namespace=SPACE)
        field = Field(client.service_client.config.target_host)
        await create_namespace(Client(server.client.service_client, namespace=OWN))
        await fill(client)
        ways = await asyncio.to_thread(measure, field)
        killed = await asyncio.to_thread(kill_one, field)
        own = Client(server.client.service_client, namespace=OWN)
        history = await own.get_workflow_handle("shadow-two").fetch_history()
        used = await asyncio.to_thread(peaks, field, few)
    plain = ways["`check --query`"]
    rows = [
        [
            name,
            f"{median(runs):.1f}",
            f"{COUNT / median(runs):.0f}",
            f"{median(a / b for a, b in zip(runs, plain, strict=True)):.2f}",
        ]
        for name, runs in ways.items()
    ]
    size = sum(event.ByteSize() for event in history.events) / 1_000
    text = TEXT.format(
        machine=head,
        count=COUNT,
        rounds=ROUNDS,
        few=few,
        ways=table("way", "seconds", "Executions/s", "of `check --query`", rows=rows),
        faster=median(a / b for a, b in zip(ways[ALL_ON_ONE], ways[TWO], strict=True)),
        killed=killed,
        events=len(history.events),
        size=size,
        events_each=len(history.events) / COUNT * 1_000,
        size_each=size / COUNT * 1_000,
        memory=used,
    )
    README.write_text(README.read_text().partition(MARK)[0] + MARK + text)
    print(text)


if __name__ == "__main__":
    asyncio.run(main())
