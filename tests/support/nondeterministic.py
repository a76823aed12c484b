"""Workflow Definitions for `test_determinism.py`: what Workflow code must not do, and what it may.

What goes on in them they tell through Python's own logging, which the sandbox lets pass.
"""

import _thread
import asyncio
import concurrent.futures
import datetime
import inspect
import io
import logging
import os
import pathlib
import random
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow

FIVE_SECONDS = timedelta(seconds=5)
logger = logging.getLogger(__name__)
DRAWN: dict[str, tuple[int, int]] = {}
TYPES = ("criminal", "credit", "driving", "education", "employment", "passport")
TRACES_TWICE = "TRACES_TWICE" in os.environ  # the sandbox lets a module read it while imported
CALLS: dict[str, Callable[[], Any]] = {
    "random.randint": lambda: random.randint(1, 100),
    "secrets.token_hex": lambda: secrets.token_hex(),
    "uuid.uuid4": lambda: uuid.uuid4(),
    "datetime.now": lambda: datetime.datetime.now(),
    "datetime.utcnow": lambda: datetime.datetime.utcnow(),
    "date.today": lambda: datetime.date.today(),
    "time.time": lambda: time.time(),
    "time.monotonic": lambda: time.monotonic(),
    "time.sleep": lambda: time.sleep(0),
    "os.environ": lambda: os.environ["PATH"],
    "os.getenv": lambda: os.getenv("PATH"),
    "os.getpid": lambda: os.getpid(),
    "open": lambda: open(os.devnull),  # noqa: PTH123, SIM115
    "Path.read_text": lambda: pathlib.Path("pyproject.toml").read_text(),
    "subprocess.run": lambda: subprocess.run(["true"], check=True),
    "socket.socket": lambda: socket.socket(),
    "urllib.request.urlopen": lambda: urllib.request.urlopen("http://localhost"),
    "threading.Thread": lambda: threading.Thread(),
    "ThreadPoolExecutor": lambda: concurrent.futures.ThreadPoolExecutor(),
    "asyncio.to_thread": lambda: asyncio.to_thread(int),
    "asyncio.open_connection": lambda: asyncio.open_connection("localhost", 7233),
    "asyncio.create_subprocess_exec": lambda: asyncio.create_subprocess_exec("true"),
    "random.Random": lambda: random.Random().random(),
    "random.SystemRandom": lambda: random.SystemRandom().random(),
    "time.gmtime": lambda: time.gmtime(),
    "time.strftime": lambda: time.strftime("%c"),
    "io.open": lambda: io.open(os.devnull).close(),  # noqa: UP020
    "sys.argv": lambda: sys.argv,
    "_thread.start_new_thread": lambda: _thread.start_new_thread(int, ()),
    "hash": lambda: hash("ssn"),
    "id": lambda: id(object()),
}


async def trace(activity_type: str = "ssn_trace_activity") -> None:
    """Execute the Activity, or the one of that type."""
    await workflow.execute_activity(
        activity_type, "555-55-5555", schedule_to_close_timeout=FIVE_SECONDS
    )


@workflow.defn
class Calls:
    """Makes each of ``CALLS`` and tells what was raised, or that nothing was."""

    @workflow.run
    async def run(self) -> dict[str, str]:
        answers = {}
        for name, call in CALLS.items():
            try:
                result = call()
                if inspect.isawaitable(result):
                    await result
                answers[name] = "nothing"
            except Exception as error:
                answers[name] = type(error).__name__
        return answers


@workflow.defn(name="BackgroundCheck")
class Draws:
    """Notes the first two numbers it draws in ``DRAWN``; the sandbox must be off for that."""

    @workflow.run
    async def run(self, ssn: str) -> None:
        draw = workflow.random().randint
        DRAWN[workflow.info().workflow_id] = draw(1, 100), draw(1, 100)


@workflow.defn(name="Draw")
class DrawsForbidden:
    """Draws a number in the way that the sandbox forbids."""

    @workflow.run
    async def run(self) -> int:
        return random.randint(1, 100)


@workflow.defn(name="Draw")
class DrawsMended:
    """Draws a number in the way that replay repeats."""

    @workflow.run
    async def run(self) -> int:
        return workflow.random().randint(1, 100)


@workflow.defn
class Tosses:
    """Lets a random number decide which Activity it executes; the sandbox must be off for that."""

    @workflow.run
    async def run(self) -> None:
        heads = random.randint(1, 100) < 50
        await trace("ssn_trace_activity" if heads else "criminal_record_activity")


@workflow.defn
class ReadsSetting:
    """Lets an environment variable decide how often it executes the Activity."""

    @workflow.run
    async def run(self) -> None:
        for _ in range(1 + TRACES_TWICE):
            await trace()


@workflow.defn
class ReadsFile:
    """Lets a file decide how often it executes the Activity, and reads it past the sandbox."""

    @workflow.run
    async def run(self, path: str) -> None:
        with io.open(path) as file:  # noqa: ASYNC230, UP020
            times = int(file.read())
        for _ in range(times):
            await trace()


@workflow.defn
class Overview:
    """Starts Activities in the order of a dictionary, or of a set."""

    @workflow.run
    async def run(self, collection: str) -> None:
        for name in {"dict": dict.fromkeys(TYPES), "set": set(TYPES)}[collection]:
            workflow.start_activity(name, schedule_to_close_timeout=FIVE_SECONDS)


@workflow.defn
class Asks:
    """Asks the SDK twice, with a minute of sleep between, for what differs from run to run."""

    @workflow.run
    async def run(self) -> None:
        for _ in range(2):
            logger.info(
                "%s; %s; %s; %s; %s",
                workflow.random().random(),
                workflow.uuid4(),
                workflow.now(),
                workflow.time(),
                workflow.time_ns(),
            )
            await asyncio.sleep(60)


@workflow.defn
class Logs:
    """Logs by the SDK's logger and by Python's own, then executes the Activity."""

    @workflow.run
    async def run(self) -> None:
        workflow.logger.info("By the SDK")
        logger.info("By Python")
        await trace()


@workflow.defn
class TellsRun:
    """Tells its run id, and a number from before and one from after the Activity."""

    @workflow.run
    async def run(self) -> None:
        logger.info("%s", workflow.info().run_id)
        logger.info("%s", workflow.random().random())
        await trace()
        logger.info("%s", workflow.random().random())
