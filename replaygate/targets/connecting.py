"""Makes the Client of a target: one that connects to nothing, or one that does."""

import asyncio
import contextlib
import functools
import inspect
import os
import traceback
from dataclasses import replace
from typing import Any

from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import ConnectConfig, RPCError, ServiceClient

from replaygate.targets.entrypoint import called
from replaygate.targets.factory import alone
from replaygate.targets.importing import TargetError, ended, fault, load
from replaygate.targets.recording import Recording
from replaygate.targets.unconnected import Unconnected

ADDRESS = "localhost:7233"


def unconnected(text: str, folder: str, recording: Recording) -> Client:
    """Return the Client of ``--client``, or of the environment, without a connection.

    Raises:
        TargetError: The user's code failed, or it gives neither a Client nor a DataConverter.
    """
    given: Any = DataConverter.default
    if text:
        given = load("client", text, folder)
        if callable(given):
            given = called(text, functools.partial(alone, given), recording, "Client")
    if isinstance(given, Client):
        return given
    return Client(
        recording.connection(ConnectConfig(target_host=ADDRESS)),
        namespace=environment_namespace(),
        data_converter=converter(text, given),
    )


def converter(text: str, given: Any) -> DataConverter:
    """Return what is given if it is a DataConverter.

    Raises:
        TargetError: It is something else.
    """
    if isinstance(given, DataConverter):
        return given
    what = type(given).__name__
    raise TargetError(f"the client {text} must give a Client or a DataConverter, not a {what}")


def environment_namespace() -> str:
    """Return the namespace that the environment names; "default" where it can't be read."""
    namespace = os.environ.get("TEMPORAL_NAMESPACE")
    with contextlib.suppress(Exception):  # a broken profile file must not hinder a replay
        namespace = ClientConfig.load_client_connect_config().get("namespace")
    return namespace or "default"


async def connected(text: str, folder: str) -> Client:
    """Return the Client of ``--client``, or one that the environment describes, connected.

    Raises:
        TargetError: The user's code failed, or the Temporal Service can't be reached.
    """
    given: Any = load("client", text, folder) if text else DataConverter.default
    try:
        if inspect.iscoroutinefunction(given):
            given = await given()
        elif callable(given):
            given = await asyncio.to_thread(alone, given)
        if isinstance(given, Client):
            return await live(given)
    except SystemExit as error:
        raise ended(text, "before it made a Client", error) from None
    except Exception as error:
        raise fault(text, "was called", error) from None
    return await of_environment(converter(text, given))


async def live(client: Client) -> Client:
    """Return a client that connects, also for one that was made while nothing was to connect."""
    if not isinstance(client.service_client, Unconnected):
        return client
    address = replace(client.service_client.config, lazy=False)
    options: Any = {**client.config(), "service_client": await ServiceClient.connect(address)}
    return type(client)(**options)


async def of_environment(data_converter: DataConverter, profile: str = "") -> Client:
    """Connect to what the TEMPORAL_* variables and the profile file say, else to ``ADDRESS``.

    The variables say nothing of a profile that is named: they describe another.

    Raises:
        TargetError: They can't be read, or nothing answers there.
    """
    quiet = Runtime(telemetry=TelemetryConfig(logging=None))  # Core writes its log to stdout
    options: dict[str, Any] = {"data_converter": data_converter, "runtime": quiet}
    address = ADDRESS
    try:
        file = os.environ.get("TEMPORAL_CONFIG_FILE")
        environment = ClientConfig.load_client_connect_config(
            profile or None, config_file=file, disable_env=bool(profile)
        )
        address = environment.get("target_host", ADDRESS)
        return await Client.connect(**{"target_host": ADDRESS, **environment, **options})
    except (RPCError, RuntimeError, ValueError, OSError) as error:
        details = "".join(traceback.format_exception(error))
        said = f"No connection to the Temporal Service at {address}: {error}"
        raise TargetError(said, details) from None
