"""Where the Temporal Service is: how every program here connects to it, and how it leaves."""

import asyncio
import contextlib
import functools
import logging
import os
import re
import shlex
import sys
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

from dotenv import load_dotenv
from dotenv.parser import parse_stream
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

TASK_QUEUE = "backgroundcheck-boilerplate-task-queue-local"
DEFAULTS = {"target_host": "localhost:7233", "namespace": "backgroundcheck_namespace"}
ENV_FILE = Path(__file__).with_name(".env")
CONNECT_TIMEOUT = 10.0  # seconds; some ports accept a connection and never answer

# What Core, tonic and rustls say when they can't connect, and what it means; the first match
# counts.
CAUSES = {
    "ConnectionRefused": "nothing listens there",
    "dns error": "there is no such host; check TEMPORAL_ADDRESS",
    "invalid target URL": "that is no address; write TEMPORAL_ADDRESS as host:port",
    "Unauthenticated|PermissionDenied": "the API key was refused; check TEMPORAL_API_KEY",
    "InvalidContentType": "it speaks no TLS; unset TEMPORAL_TLS and TEMPORAL_TLS_*, "
    "and TEMPORAL_API_KEY, which turns TLS on",
    "http2 error|transport error|TimeoutError": "what answers is no Temporal Service, or it wants "
    "TLS; check the port in TEMPORAL_ADDRESS, and TEMPORAL_TLS",
}


class Mistake(Exception):
    """What a person can put right: one line that says what is wrong and what to do."""


class NothingListens(Mistake):
    """Nothing listens at the configured address."""


@functools.cache
def runtime() -> Runtime:
    """Core, with its logs going through Python logging: by itself it writes them to stdout."""
    forwarding = LogForwardingConfig(logging.getLogger("temporalio.core"))
    logs = LoggingConfig(LoggingConfig.default.filter, forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs))


def load_config(env_file: Path = ENV_FILE) -> ClientConnectConfig:
    """Read the environment, then ``.env``, then a TOML profile, then the defaults.

    The names are those that temporalio.envconfig and the ``temporal`` CLI share:
    https://docs.temporal.io/develop/environment-configuration

    Raises:
        Mistake: A file is missing, or something in it can't be parsed.
    """
    try:
        with env_file.open(encoding="utf-8") as lines:
            for binding in parse_stream(lines):
                if binding.error or (binding.key and binding.value is None):
                    where = f"{env_file}, line {binding.original.line}"
                    raise Mistake(f"{where}: this is no NAME=value. Mend the line or remove it.")
        load_dotenv(env_file)
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError) as error:
        raise Mistake(f"{env_file} can't be read: {error}") from None
    # An empty variable counts as unset: that is how a half-filled .env file looks.
    variables = {name: value for name, value in os.environ.items() if value}
    try:
        config = ClientConfig.load_client_connect_config(override_env_vars=variables)
    except OSError as error:
        names = [name for name, value in variables.items() if value == error.filename]
        source = names[0] if names else "The configuration file"
        raise Mistake(f"{source} names {error.filename}: {error.strerror}.") from None
    except Exception as error:  # the bridge's ConfigError has no public name
        raise Mistake(" ".join(str(error).split())) from None
    return ClientConnectConfig(**{**DEFAULTS, **config})  # type: ignore[typeddict-item]


async def connect() -> Client:
    """Connect to the configured Temporal Service and make sure that the namespace is there.

    Raises:
        Mistake: The configuration is wrong, or the service refuses it.
        NothingListens: Nothing listens at the address.
    """
    config = load_config()
    address, namespace = config["target_host"], config["namespace"]
    flag = f"--namespace {shlex.quote(namespace)}"
    try:
        client = await asyncio.wait_for(
            Client.connect(**config, runtime=runtime()), CONNECT_TIMEOUT
        )
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace)
        )
        return client
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise Mistake(f"{address} refused: {error} ({error.status.name}).") from None
        create = f"temporal operator namespace create {flag} --address {shlex.quote(address)}"
        raise Mistake(f"{address} has no namespace {namespace!r}. Create it: {create}") from None
    except (RuntimeError, ValueError, TimeoutError) as error:
        text = repr(error)
        cause = next((CAUSES[words] for words in CAUSES if re.search(words, text)), text)
        if cause != CAUSES["ConnectionRefused"]:
            raise Mistake(f"Can't connect to {address}: {cause}.") from None
        start = f"temporal server start-dev {flag} --port {address.rpartition(':')[2]}"
        raise NothingListens(
            f"Nothing listens at {address}. Start a dev server: {start} "
            "(or let the starter bring its own: python main.py --local)"
        ) from None


def run(main: Coroutine[Any, Any, int]) -> NoReturn:
    """Run an entry point and exit with its status: 2 after a Mistake, 130 after Ctrl-C.

    It leaves through ``os._exit`` because Core's threads can abort an interpreter that shuts down
    around them: https://github.com/temporalio/sdk-python/issues/300
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        status = asyncio.run(main)
    except Mistake as mistake:
        print(mistake, file=sys.stderr)
        status = 2
    except RPCError as error:
        print(f"The Temporal Service refused: {error} ({error.status.name})", file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        traceback.print_exc()
        status = 70
    with contextlib.suppress(BrokenPipeError):  # `head`, for one, may have seen enough
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
