"""Where the Temporal Service is, and how every program here connects to it."""

import asyncio
import functools
import logging
import os
import re
import shlex
import stat
from pathlib import Path

from dotenv import load_dotenv
from dotenv.parser import parse_stream
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

import codec
from program import Mistake

TASK_QUEUE = "backgroundcheck-boilerplate-task-queue-local"
DEFAULTS = {"target_host": "localhost:7233", "namespace": "backgroundcheck_namespace"}
ENV_FILE = Path(__file__).with_name(".env")
CONNECT_TIMEOUT = 10.0  # seconds; some ports accept a connection and never answer

HUNG_UP = "connection closed|ConnectionReset|BrokenPipe|UnexpectedEof"

# What Core, tonic and rustls say when they can't connect, and what it means; the first match
# counts.
CAUSES = {
    "ConnectionRefused": "nothing listens there",
    "Frontend is not healthy": "nothing listens there",  # a dev server that is not yet up
    "dns error": "there is no such host; check TEMPORAL_ADDRESS",
    "invalid target URL": "that is no address; write TEMPORAL_ADDRESS as host:port",
    "(?i)unauthenticated|permission_?denied": "the API key was refused; check TEMPORAL_API_KEY",
    "InvalidContentType": "it speaks no TLS; unset TEMPORAL_TLS and TEMPORAL_TLS_*, "
    "and TEMPORAL_API_KEY, which turns TLS on",
    "NotValidForName": "its certificate is for another host; check TEMPORAL_TLS_SERVER_NAME",
    "UnknownIssuer": "its certificate is from no CA that we trust; check "
    "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "KeyMismatch": "TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH are no pair",
    "Must have both": "set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, both",
    "PrivateKeyParseError": "TEMPORAL_TLS_CLIENT_KEY_PATH holds no private key in PEM form",
    "NoCertificatesPresented|BadEncoding": "TEMPORAL_TLS_CLIENT_CERT_PATH holds no certificate in "
    "PEM form",
    "InvalidCertificate.Expired": "its certificate has expired, or this machine's clock is wrong",
    "CertificateExpired": "our certificate has expired; renew TEMPORAL_TLS_CLIENT_CERT_PATH",
    "CertificateRequired|HandshakeFailure": "it wants a client certificate; set "
    "TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH",
    "fatal alert|AlertReceived": "it refused our certificate; check TEMPORAL_TLS_CLIENT_CERT_PATH",
    "http2 error|transport error|connection closed|TimeoutError": "what answers is no Temporal "
    "Service, or it wants TLS or another client certificate; check the port in TEMPORAL_ADDRESS, "
    "TEMPORAL_TLS and TEMPORAL_TLS_CLIENT_CERT_PATH",
}

warn_once = functools.cache(logging.warning)


class NothingListens(Mistake):
    """Nothing listens at the configured address."""


class Secret(str):
    """A text that its ``repr`` doesn't tell."""

    def __repr__(self) -> str:
        return "'***'"


@functools.cache
def runtime() -> Runtime:
    """Core, with its logs going through Python logging: by itself it writes them to stdout."""
    forwarding = LogForwardingConfig(logging.getLogger("temporalio.core"))
    logs = LoggingConfig(LoggingConfig.default.filter, forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs))


def load_env(env_file: Path) -> None:
    """Put what ``.env`` sets into the environment, where a variable that is there already wins."""
    try:
        with env_file.open(encoding="utf-8") as lines:
            if os.name == "posix" and os.fstat(lines.fileno()).st_mode & (
                stat.S_IRWXG | stat.S_IRWXO
            ):
                warn_once(f"{env_file} may hold keys, and others can read it: chmod 600 {env_file}")
            for binding in parse_stream(lines):
                if binding.error or (binding.key and binding.value is None):
                    where = f"{env_file}, line {binding.original.line}"
                    raise Mistake(f"{where}: this is no NAME=value. Mend the line or remove it.")
        load_dotenv(env_file)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, or unfit for the environment
        raise Mistake(f"{env_file} can't be read: {error}") from None


def load_config(env_file: Path = ENV_FILE) -> ClientConnectConfig:
    """Read the environment, then ``.env``, then a TOML profile, then the defaults.

    The names are those that temporalio.envconfig and the ``temporal`` CLI share:
    https://docs.temporal.io/develop/environment-configuration

    Raises:
        Mistake: A file is missing, or something in it can't be parsed.
    """
    load_env(env_file)
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
    if key := config.get("api_key"):
        config["api_key"] = Secret(key)
    return ClientConnectConfig(**{**DEFAULTS, **config})  # type: ignore[typeddict-item]


def data_converter() -> DataConverter:
    """Return the converter for Worker, starter and gate: it encrypts when a key is configured.

    Raises:
        Mistake: ``.env`` can't be read, or the keys in it are malformed.
    """
    load_env(ENV_FILE)
    return codec.data_converter(os.environ.get(codec.VARIABLE, ""))


async def connect() -> Client:
    """Connect to the configured Temporal Service and make sure that the namespace is there.

    Raises:
        Mistake: The configuration is wrong, or the service refuses it.
        NothingListens: Nothing listens at the address.
    """
    config, converter = load_config(), data_converter()
    address, namespace = config["target_host"], config["namespace"]
    flag = f"--namespace {shlex.quote(namespace)}"
    try:
        client = await asyncio.wait_for(_admitted(config, converter), CONNECT_TIMEOUT)
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace)
        )
        return client
    except RPCError as error:
        create = f"temporal operator namespace create {flag} --address {shlex.quote(address)}"
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Mistake(
                f"{address} has no namespace {namespace!r}. Create it: {create}"
            ) from None
        text = f"{error} ({error.status.name})"
    except (RuntimeError, ValueError, TimeoutError) as error:
        text = repr(error)
    cause = next((CAUSES[words] for words in CAUSES if re.search(words, text)), text)
    if cause != CAUSES["ConnectionRefused"]:
        raise Mistake(f"Can't connect to {address}: {cause}.")
    start = f"temporal server start-dev {flag} --port {address.rpartition(':')[2]}"
    raise NothingListens(
        f"Nothing listens at {address}. Start a dev server: {start} "
        "(or let the starter bring its own: python main.py --local)"
    )


async def _admitted(
    config: ClientConnectConfig, converter: DataConverter, attempts: int = 5
) -> Client:
    """Connect, again if the other side hangs up: its reason may have come too late to be seen."""
    try:
        return await Client.connect(**config, data_converter=converter, runtime=runtime())
    except RuntimeError as error:
        if attempts == 1 or not re.search(HUNG_UP, str(error)):
            raise
    return await _admitted(config, converter, attempts - 1)
