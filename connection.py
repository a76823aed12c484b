"""How every program here connects to its Temporal Service, and what it says if it can't."""

import asyncio
import functools
import logging
import os
import re
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

import codec
import commands
import devprocess
import environment
from address import is_loopback, split
from causes import HUNG_UP, NOTHING_LISTENS, cause_of, nothing_listens
from program import Mistake
from proxy import proxy_for
from settings import Settings, load_settings

TASK_QUEUE = "backgroundcheck-boilerplate-task-queue-local"
CONNECT_TIMEOUT = 10.0  # seconds; some ports accept a connection and never answer
LOOK_EVERY = 5.0  # seconds between two looks whether Namespace and Service are there
MARK = "backgroundcheck.local-mode"  # where local mode says in which folder it runs

CORE = "temporalio.core"

logger = logging.getLogger("connection")


class NothingListens(Mistake):
    """Nothing listens at the configured address."""


@functools.cache
def runtime() -> Runtime:
    """Core, with its logs going through Python logging: by itself it writes them to stdout."""
    logging.getLogger(CORE).addFilter(_is_news)
    forwarding = LogForwardingConfig(logging.getLogger(CORE))
    logs = LoggingConfig(LoggingConfig.default.filter, forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs))


def _is_news(record: logging.LogRecord) -> bool:
    """Not that Core tries again, which ``watch`` and the starter say once; nor of balancing."""
    return not record.name.endswith(("temporalio_client::retry", "temporal_sdk_bridge::client"))


def data_converter() -> DataConverter:
    """Return the converter for Worker, starter and gate: it encrypts when a key is configured.

    Raises:
        Mistake: ``.env`` can't be read, or the keys in it are malformed.
    """
    environment.load_env(environment.ENV_FILE)
    return codec.data_converter(os.environ.get(codec.VARIABLE, ""))


async def connect() -> Client:
    """Connect to the configured Temporal Service and make sure that the Namespace is there.

    Raises:
        Mistake: The configuration is wrong, or the service refuses it.
        NothingListens: Nothing listens at the address.
    """
    settings = load_settings()
    client = await connect_to(settings)
    host, _ = split(settings.address) or ("", 0)
    if is_loopback(host) and (folder := await local_mode(client)):
        logger.info(
            "%s is the dev server that local mode has started in %s. If no run there needs it "
            "any more, stop it: %s",
            *(settings.address, folder, commands.make(folder, "stop")),
        )
    return client


async def connect_to(settings: Settings) -> Client:
    """Connect as these settings say; raises as ``connect`` does."""
    try:
        converter = data_converter()
        client = await asyncio.wait_for(_admitted(settings, converter), CONNECT_TIMEOUT)
        await _describe_namespace(client)
        return client
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Mistake(no_namespace(settings.address, settings.namespace)) from None
        text = f"{error} ({error.status.name})"
    except (RuntimeError, ValueError, TimeoutError) as error:
        text = repr(error)
    if re.search(NOTHING_LISTENS, text):
        port = settings.address.rpartition(":")[2]
        start = ("server", "start-dev", "--namespace", settings.namespace, "--port", port)
        way = f"Start a dev server: {commands.temporal(*start)} (or let the starter bring its own: "
        raise NothingListens(
            nothing_listens(settings, f"{way}{commands.python('main.py', '--local')})")
        )
    where = settings.places.get("TEMPORAL_ADDRESS", "the default address")
    if proxy := proxy_for(settings.address):
        where += f"; by the proxy {proxy.target_host}, which HTTPS_PROXY names"
    cause = cause_of(text, settings)
    raise Mistake(f"Can't connect to {settings.address} ({where}): {cause}.")


async def _admitted(settings: Settings, converter: DataConverter, attempts: int = 5) -> Client:
    """Connect, again if the other side hangs up: its reason may have come too late to be seen."""
    proxy = proxy_for(settings.address)
    try:
        return await Client.connect(
            **settings.config,
            data_converter=converter,
            runtime=runtime(),
            http_connect_proxy_config=proxy,
        )
    except RuntimeError as error:
        if attempts == 1 or not re.search(HUNG_UP, str(error)):
            raise
    return await _admitted(settings, converter, attempts - 1)


async def _describe_namespace(client: Client) -> None:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    await client.workflow_service.describe_namespace(request)


def no_namespace(address: str, namespace: str) -> str:
    """Say that the Service does not have the Namespace, and how to create it."""
    words = ("operator", "namespace", "create", "--namespace", namespace, "--address", address)
    return f"{address} has no namespace {namespace!r}. Create it: {commands.temporal(*words)}"


async def local_mode(client: Client) -> Path | None:
    """Return the folder whose local mode has started this dev server, if one has."""
    try:
        answer = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace="default")
        )
    except RPCError:
        return None
    folder = Path(answer.namespace_info.data.get(MARK, ""))
    if folder == Path():
        return None
    try:
        state = folder / devprocess.STATE.name
        return folder if devprocess.runs(state) or not state.exists() else None
    except OSError:  # another user's
        return folder


async def watch(client: Client) -> None:
    """Log it when the Service or its Namespace has gone, and when it is back; never returns."""
    address, was = client.service_client.config.target_host, ""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        now = ""
        try:
            await asyncio.wait_for(_describe_namespace(client), CONNECT_TIMEOUT)
        except (RPCError, TimeoutError) as error:
            now = f"{address} does not answer; the Worker tries it again"
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                now = no_namespace(address, client.namespace)
        if now != was:
            logger.warning("%s", now or f"{address} answers again")
        was = now
