"""A connected Client for given settings, and what to say where there is none."""

import asyncio
import functools
import logging
import os
import re

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

import codec
from plumbing import commands, environment
from plumbing.causes import NOTHING_LISTENS, cause_of, is_vague, nothing_listens
from plumbing.proxy import proxy_for, refusal
from plumbing.settings import Settings
from program import Mistake

CONNECT_TIMEOUT = 10.0  # seconds; some ports accept a connection and never answer

CORE = "temporalio.core"
MESSAGE = re.compile(r'message: "((?:[^"\\]|\\.)*)"')  # of a failure, as Core prints it
KNOWN = ("temporalio_client::retry", "temporal_sdk_bridge::client", "worker::heartbeat")


class NothingListens(Mistake):
    """Nothing listens at the configured address."""


@functools.cache
def runtime() -> Runtime:
    """Core, with its logs going through Python logging: by itself it writes them to stdout."""
    logging.getLogger(CORE).addFilter(_is_news)
    logging.getLogger(CORE).addFilter(_shorten)
    forwarding = LogForwardingConfig(logging.getLogger(CORE))
    logs = LoggingConfig(LoggingConfig.default.filter, forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs))


def _is_news(record: logging.LogRecord) -> bool:
    """Not that Core tries again, which Worker and starter say once; nor of balancing.

    ``KNOWN`` are the modules of Core that log this.
    """
    return not record.name.endswith(KNOWN)


def _shorten(record: logging.LogRecord) -> bool:
    """Leave of a failure its message: the SDK has logged the rest."""
    fields = getattr(record, "temporal_log").fields  # noqa: B009
    if said := MESSAGE.search(str(fields.get("failure"))):
        run = fields.get("run_id", "")
        record.msg = f"{record.msg.partition(' {')[0]} {run}: {said[1]}"
    return True


def data_converter() -> DataConverter:
    """Return the converter for Worker, starter and gate: it encrypts when a key is configured.

    Raises:
        Mistake: ``.env`` can't be read, or the keys in it are malformed.
    """
    environment.load_env(environment.ENV_FILE)
    return codec.data_converter(os.environ.get(codec.VARIABLE, ""))


async def connect_to(settings: Settings) -> Client:
    """Connect as these settings say, and make sure that the Namespace is there.

    Raises:
        Mistake: The service refuses them.
        NothingListens: Nothing listens at the address.
    """
    try:
        converter = data_converter()
        async with asyncio.timeout(CONNECT_TIMEOUT):
            client = await _admitted(settings, converter)
            await describe_namespace(client)
        return client
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Mistake(no_namespace(settings.address, settings.namespace)) from None
        text = f"{error} ({error.status.name})"
    except (RuntimeError, ValueError, TimeoutError) as error:
        text = repr(error)
    if re.search(NOTHING_LISTENS, text):
        raise NothingListens(nothing_listens(settings))
    where = settings.places.get("TEMPORAL_ADDRESS", "the default address")
    cause = cause_of(text, settings)
    if proxy := proxy_for(settings.address):
        cause = refusal(text) or cause
        where += f"; by the proxy {proxy.target_host}, which HTTPS_PROXY names"
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
        if attempts == 1 or not is_vague(str(error)):
            raise
    await asyncio.sleep(0.1)
    return await _admitted(settings, converter, attempts - 1)


async def describe_namespace(client: Client) -> None:
    """Ask for the Client's Namespace. Raises RPCError: NOT_FOUND if there is none."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    await client.workflow_service.describe_namespace(request)


def no_namespace(address: str, namespace: str) -> str:
    """Say that the Service does not have the Namespace, and how to create it."""
    words = ("operator", "namespace", "create", "--namespace", namespace, "--address", address)
    return f"{address} has no namespace {namespace!r}. Create it: {commands.temporal(*words)}"
