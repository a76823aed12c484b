"""Plays a scenario of scenarios.py on a real server, for record.py.

Every SDK version that has a recording runs this very file. So it uses only what all of them have,
and connection.py, which needs a newer one than the oldest, is not for it.
"""

import asyncio
import contextlib
import dataclasses
import importlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import temporalio.converter
from temporalio import activity
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from replaygate.events import type_of
from ssntraceactivity import ssn_trace_activity
from tests.recordings.contents import STARTER, WORKER
from tests.recordings.draw import draw
from tests.recordings.scenarios import SSN, Scenario

TASK_QUEUE = "recordings"


class NoStackTraces(DefaultFailureConverter):
    """Stack traces hold paths of the machine that made them."""

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        super().to_failure(exception, payload_converter, failure)
        failure.stack_trace = ""


CONVERTER = dataclasses.replace(
    temporalio.converter.default(), failure_converter_class=NoStackTraces
)


def binary(name: str) -> str | None:
    return shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)


async def start_server(scenario: Scenario) -> WorkflowEnvironment:
    if scenario.server == "dev":
        return await WorkflowEnvironment.start_local(
            dev_server_existing_path=binary("temporal"),
            dev_server_log_level="never",
            dev_server_extra_args=["--output", "none"],
        )
    return await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=binary("temporal-test-server")
    )


async def cli(client: Client, *arguments: str) -> str:
    """Run ``temporal workflow`` against this server, whatever the environment says."""
    command = ["workflow", *arguments, "--identity", STARTER, "--output", "json"]
    command += ["--address", client.service_client.config.target_host]
    command += ["--disable-config-env", "--disable-config-file"]
    process = await asyncio.create_subprocess_exec(
        binary("temporal") or "temporal", *command, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"temporal workflow {arguments[0]} failed")
    return output.decode()


async def until(handle: WorkflowHandle[Any, Any], *types: str) -> None:
    """Wait for an Event of one of these types; no time is skipped meanwhile."""
    while True:
        history = await handle.fetch_history()
        if any(type_of(event) in types for event in history.events):
            return
        await asyncio.sleep(0.01)


async def play(scenario: Scenario) -> str:
    """Play a scenario and return its history as JSON, or nothing if it draws the wrong number.

    Where time is skipped each try needs a server of its own: one that holds an Execution that
    nobody works on, or two Timers, may never skip it. On a dev server all tries share one.
    """
    codec = importlib.import_module("codec").EncryptionCodec if scenario.keys else None
    converter = dataclasses.replace(CONVERTER, payload_codec=codec and codec(scenario.keys))
    async with await start_server(scenario) as environment:
        client = await Client.connect(
            environment.client.service_client.config.target_host,
            identity=STARTER,
            data_converter=converter,
            interceptors=environment.client.config()["interceptors"],  # they skip time
        )
        handle = await start(client, scenario)
        while await draw(handle.first_execution_run_id or "") not in scenario.draws:
            if scenario.server != "dev":
                return ""
            await handle.terminate()
            handle = await start(client, scenario)
        run_id = handle.first_execution_run_id
        async with Worker(client, task_queue=TASK_QUEUE, identity=WORKER, **served(scenario)):
            await drive(handle, scenario)
            if scenario.starter == "cli":
                return await cli(client, "show", "--workflow-id", scenario.name)
            first_run = client.get_workflow_handle(scenario.name, run_id=run_id)
            return (await first_run.fetch_history()).to_json()


# From here on it is all about BackgroundCheck. In a suite of your own, this part is yours: what the
# Worker serves, how a Workflow Execution is started, and what is done to it.


@activity.defn(name="ssn_trace_activity")
async def fails_once(ssn: str) -> str:
    if activity.info().attempt == 1:
        raise RuntimeError("The first attempt fails")
    return await ssn_trace_activity(ssn)


ACTIVITIES: dict[str, list[Any]] = {
    "passes": [ssn_trace_activity],
    "fails once": [fails_once],
    "not served": [],
}


def served(scenario: Scenario) -> dict[str, Any]:
    """Return what the Worker serves."""
    workflows = [importlib.import_module(scenario.workflow).BackgroundCheck]
    return {"workflows": workflows, "activities": ACTIVITIES[scenario.activity]}


async def start(client: Client, scenario: Scenario) -> WorkflowHandle[Any, Any]:
    if scenario.starter == "sdk":
        return await client.start_workflow(
            "BackgroundCheck", SSN, id=scenario.name, task_queue=TASK_QUEUE
        )
    options = ["--type", "BackgroundCheck", "--input", json.dumps(SSN)]
    options += ["--task-queue", TASK_QUEUE, "--workflow-id", scenario.name]
    started = json.loads(await cli(client, "start", *options))
    return client.get_workflow_handle(scenario.name, first_execution_run_id=started["runId"])


async def drive(handle: WorkflowHandle[Any, Any], scenario: Scenario) -> None:
    """Take the Execution to where the scenario ends."""
    await until(handle, "TimerStarted", "ActivityTaskScheduled")
    if scenario.waiting == "cancelled":
        await handle.cancel()
        await until(handle, "WorkflowExecutionCanceled")
    elif scenario.waiting == "terminated":
        await handle.terminate()
    elif scenario.waiting == "goes on":
        with contextlib.suppress(WorkflowFailureError):
            await handle.result()
