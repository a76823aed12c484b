"""How to connect, as environment, ``.env``, a TOML profile and the defaults say.

The names are those that temporalio.envconfig and the ``temporal`` CLI share:
https://docs.temporal.io/develop/environment-configuration
"""

import dataclasses
import os
import re
from pathlib import Path
from typing import Any

from temporalio.envconfig import ClientConfigProfile, ClientConfigTLS, ClientConnectConfig

from plumbing import environment, profiles
from plumbing.address import right_form, split
from plumbing.places import ADDRESS, API_KEY, NAMESPACE, TLS, Places, places_of
from program import Mistake

DEFAULTS = {"target_host": "localhost:7233", "namespace": "backgroundcheck_namespace"}
YES_OR_NO = ("true", "1", "false", "0", "")
CERTIFICATES = {
    "server_root_ca_cert": "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "client_cert": "TEMPORAL_TLS_CLIENT_CERT_PATH",
    "client_private_key": "TEMPORAL_TLS_CLIENT_KEY_PATH",
}


class Secret(str):
    """A text that its ``repr`` doesn't tell."""

    def __repr__(self) -> str:
        return "'***'"


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
    here = environment.load_env(env_file or environment.ENV_FILE)
    places = places_of(here, profiles.in_file(here))
    if os.environ.get(TLS, "").lower() not in YES_OR_NO:  # the SDK would take it for yes
        raise Mistake(f"{places[TLS]} is {os.environ[TLS]!r}. Write true or false.")
    try:
        found = ClientConfigProfile.load(override_env_vars=profiles.variables())
    except Exception as error:  # the bridge's ConfigError has no public name
        raise Mistake(" ".join(str(error).split())) from None
    if found.tls:
        found = dataclasses.replace(found, tls=_with_files(found.tls, places))
    config: dict[str, Any] = {**DEFAULTS, **found.to_client_connect_config()}
    if not split(config["target_host"]):
        raise malformed(config["target_host"], places)
    refuse_unprintable(NAMESPACE, config["namespace"], places)
    refuse_unprintable(API_KEY, found.api_key or "", places)
    if found.api_key:
        config["api_key"] = Secret(found.api_key)
    return Settings(ClientConnectConfig(**config), places)  # type: ignore[typeddict-item]


def refuse_unprintable(name: str, value: str, places: Places) -> None:
    """Refuse what does not fit into the headers of a request. Raises Mistake."""
    if not (value.isascii() and value.isprintable()):
        raise Mistake(f"{places[name]} won't do: write printable ASCII, in one line.")


def malformed(address: str, places: Places) -> Mistake:
    """Say how to write the address; what stands before an ``@`` may be secret."""
    shown = re.sub(r"[^/@]*@", "...@", address)
    return Mistake(
        f"{places[ADDRESS]} is {shown!r}. Write TEMPORAL_ADDRESS as host:port, "
        f"as in {right_form(address)}"
    )


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
