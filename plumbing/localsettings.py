"""What local mode takes of the settings: an address on loopback and the Namespace, nothing else."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temporalio.envconfig import ClientConnectConfig

from plumbing import environment, profiles
from plumbing.address import MAX_PORT, is_loopback, right_form, split
from plumbing.places import ADDRESS, NAMESPACE, SETTINGS, Places, places_of
from plumbing.settings import DEFAULTS, Settings, malformed, refuse_unprintable
from program import Mistake

METADATA = "TEMPORAL_GRPC_META_"

logger = logging.getLogger("localsettings")


def local_settings(env_file: Path | None = None) -> Settings:
    """Read address and Namespace alone, and only an address on loopback; say what is not used.

    Raises:
        Mistake: ``.env`` can't be parsed, or no dev server can run at the address.
    """
    here = environment.load_env(env_file or environment.ENV_FILE)
    in_file: Mapping[str, Any] = {}
    passed_over: list[str] = []
    try:
        in_file = profiles.in_file(here)
    except Mistake as mistake:
        passed_over.append(str(mistake).rstrip("."))
    places = places_of(here, in_file)
    given = {
        name: os.environ.get(variable) or in_file.get(SETTINGS[variable][0])
        for name, variable in (("target_host", ADDRESS), ("namespace", NAMESPACE))
    }
    config = {name: value for name, value in given.items() if value}
    unused = [name for name in places if name not in (ADDRESS, NAMESPACE)]
    if not _is_local(config.get("target_host", DEFAULTS["target_host"]), places):
        config, unused = {}, list(places)
    passed_over += [places[name] for name in unused]
    passed_over += [f"{name} {where}" for name, where in here.items() if METADATA in name]
    config = {**DEFAULTS, **config}
    refuse_unprintable(NAMESPACE, config["namespace"], places)
    if passed_over:
        at = config["target_host"]
        logger.info("Local mode is at %s and passes over: %s.", at, "; ".join(passed_over))
    return Settings(ClientConnectConfig(**config), places)  # type: ignore[typeddict-item]


def _is_local(address: str, places: Places) -> bool:
    """Is the address on loopback? If it is, but won't do for a dev server, refuse it."""
    host, port = split(address) or (split(right_form(address)) or ("", 0))
    if not is_loopback(host):
        return False
    if not split(address):
        raise malformed(address, places)
    if ":" in host:
        raise Mistake(f"Local mode takes no IPv6 address. Set TEMPORAL_ADDRESS=127.0.0.1:{port}.")
    if port > MAX_PORT:
        raise Mistake(
            f"{address} leaves no port for the Web UI, which is 1000 above. "
            f"Set TEMPORAL_ADDRESS to a port of at most {MAX_PORT}."
        )
    return True
