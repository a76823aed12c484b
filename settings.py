"""How to connect, and where each setting came from: a variable, a TOML profile, or nowhere.

The names are those that temporalio.envconfig and the ``temporal`` CLI share:
https://docs.temporal.io/develop/environment-configuration
"""

import dataclasses
import logging
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temporalio.envconfig import ClientConfigProfile, ClientConfigTLS, ClientConnectConfig

import environment
from address import is_loopback, right_form, split
from environment import load_env
from program import Mistake

DEFAULTS = {"target_host": "localhost:7233", "namespace": "backgroundcheck_namespace"}
MAX_PORT = 65535 - 1000  # the Web UI of a dev server is 1000 above
FILE, PROFILE, METADATA = "TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE", "TEMPORAL_GRPC_META_"
ADDRESS, NAMESPACE = "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"
# Each setting, and where it stands in a profile.
SETTINGS = {
    ADDRESS: ("address",),
    NAMESPACE: ("namespace",),
    "TEMPORAL_API_KEY": ("api_key",),
    "TEMPORAL_TLS": ("tls", "disabled"),
    "TEMPORAL_TLS_SERVER_NAME": ("tls", "server_name"),
    "TEMPORAL_TLS_SERVER_CA_CERT_PATH": ("tls", "server_ca_cert"),
    "TEMPORAL_TLS_CLIENT_CERT_PATH": ("tls", "client_cert"),
    "TEMPORAL_TLS_CLIENT_KEY_PATH": ("tls", "client_key"),
}
CERTIFICATES = {
    "server_root_ca_cert": "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "client_cert": "TEMPORAL_TLS_CLIENT_CERT_PATH",
    "client_private_key": "TEMPORAL_TLS_CLIENT_KEY_PATH",
}


logger = logging.getLogger("settings")


class Secret(str):
    """A text that its ``repr`` doesn't tell."""

    def __repr__(self) -> str:
        return "'***'"


class Places(dict[str, str]):
    """For each setting its name and where it was set; of one that is not set, the name alone."""

    def __missing__(self, name: str) -> str:
        return name


@dataclasses.dataclass(frozen=True)
class Settings:
    """The arguments of ``Client.connect``, and where they came from."""

    config: ClientConnectConfig
    places: Places

    @property
    def address(self) -> str:
        return self.config["target_host"]

    @property
    def namespace(self) -> str:
        return self.config["namespace"]


def load_settings(env_file: Path | None = None) -> Settings:
    """Read the environment, then ``.env``, then a TOML profile, then the defaults.

    Raises:
        Mistake: A file is missing, or something in it or in a variable can't be used.
    """
    here = load_env(env_file or environment.ENV_FILE)
    places = _places(here, _in_file(here))
    try:
        profile = ClientConfigProfile.load(override_env_vars=_variables())
    except Exception as error:  # the bridge's ConfigError has no public name
        raise Mistake(" ".join(str(error).split())) from None
    if profile.tls:
        profile = dataclasses.replace(profile, tls=_with_files(profile.tls, places))
    config: dict[str, Any] = {**DEFAULTS, **profile.to_client_connect_config()}
    if not split(config["target_host"]):
        raise malformed(config["target_host"], places)
    if profile.api_key:
        config["api_key"] = Secret(profile.api_key)
    return Settings(ClientConnectConfig(**config), places)  # type: ignore[typeddict-item]


def local_settings(env_file: Path | None = None) -> Settings:
    """Read address and Namespace alone, and only an address on loopback; say what is not used.

    Raises:
        Mistake: ``.env`` can't be parsed, or no dev server can run at the address.
    """
    here = load_env(env_file or environment.ENV_FILE)
    in_file: Mapping[str, Any] = {}
    passed_over: list[str] = []
    try:
        in_file = _in_file(here)
    except Mistake as mistake:
        passed_over.append(str(mistake).rstrip("."))
    places = _places(here, in_file)
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
        raise Mistake(f"A dev server takes no IPv6 address. Set TEMPORAL_ADDRESS=127.0.0.1:{port}.")
    if port > MAX_PORT:
        raise Mistake(
            f"{address} leaves no port for the Web UI, which is 1000 above. "
            f"Set TEMPORAL_ADDRESS to a port of at most {MAX_PORT}."
        )
    return True


def malformed(address: str, places: Places) -> Mistake:
    """Say how to write the address; what stands before an ``@`` may be secret."""
    shown = re.sub(r"[^/@]*@", "...@", address)
    return Mistake(
        f"{places[ADDRESS]} is {shown!r}. Write TEMPORAL_ADDRESS as host:port, "
        f"as in {right_form(address)}"
    )


def _variables() -> dict[str, str]:
    """An empty variable counts as unset: that is how a half-filled .env file looks."""
    variables = {name: value for name, value in os.environ.items() if value}
    if FILE in variables:
        variables[FILE] = os.path.expanduser(variables[FILE])  # noqa: PTH111
    return variables


def _file() -> Path:
    """The file with the profiles, where the SDK looks for it."""
    home = Path.home()
    folders = {"win32": home / "AppData/Roaming", "darwin": home / "Library/Application Support"}
    default = os.environ.get("XDG_CONFIG_HOME") or home / ".config"
    folder = Path(folders.get(sys.platform, default))
    return Path(_variables().get(FILE) or folder / "temporalio" / "temporal.toml")


def _in_file(here: Mapping[str, str]) -> Mapping[str, Any]:
    """What the profile sets."""
    file, variables = _file(), _variables()
    if FILE in variables and not file.exists():
        raise Mistake(f"{FILE} {here[FILE]} names {file}: No such file or directory.")
    if file.exists() and not file.is_file():
        raise Mistake(f"{file} holds no profiles: it is not a file.")
    chosen = {name: variables[name] for name in (FILE, PROFILE) if name in variables}
    try:
        return ClientConfigProfile.load(override_env_vars=chosen).to_dict()
    except Exception as error:  # as above
        who = f"{PROFILE} {here[PROFILE]}, " if PROFILE in here else ""
        raise Mistake(f"{who}{file}: {' '.join(str(error).split())}") from None


def _places(here: Mapping[str, str], in_file: Mapping[str, Any]) -> Places:
    profile = f"of profile {os.environ.get(PROFILE) or 'default'!r} in {_file()}"
    places = Places()
    for name, way in SETTINGS.items():
        names = (name, name.replace("_PATH", "_DATA"))
        value: Any = in_file
        for step in way:
            value = value.get(step, {}) if value else {}
        if found := next((one for one in names if one in here), None):
            places[name] = f"{found} {here[found]}"
        elif value not in ({}, None):
            places[name] = f"{way[-1]} {profile}"
    return places


def _with_files(tls: ClientConfigTLS, places: Places) -> ClientConfigTLS:
    """Read the certificates here, where it is known who named them."""
    read: dict[str, Any] = {}
    for field, name in CERTIFICATES.items():
        source = getattr(tls, field)
        if isinstance(source, Path):
            try:
                path = source.expanduser()
                if path.exists() and not path.is_file():
                    raise Mistake(f"{places[name]} names {source}: it is not a file.")
                read[field] = path.read_bytes()
            except (OSError, RuntimeError, ValueError) as error:
                why = getattr(error, "strerror", None) or error
                raise Mistake(f"{places[name]} names {source}: {why}.") from None
    return dataclasses.replace(tls, **read)
