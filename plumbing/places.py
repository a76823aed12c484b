"""Where each setting came from: a variable, a profile, or nowhere. Every error line names it."""

import os
from collections.abc import Mapping
from typing import Any

from plumbing import profiles

ADDRESS, NAMESPACE = "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"
API_KEY, TLS = "TEMPORAL_API_KEY", "TEMPORAL_TLS"
# Each setting, and where it stands in a profile.
SETTINGS = {
    ADDRESS: ("address",),
    NAMESPACE: ("namespace",),
    API_KEY: ("api_key",),
    TLS: ("tls", "disabled"),
    "TEMPORAL_TLS_SERVER_NAME": ("tls", "server_name"),
    "TEMPORAL_TLS_SERVER_CA_CERT_PATH": ("tls", "server_ca_cert"),
    "TEMPORAL_TLS_CLIENT_CERT_PATH": ("tls", "client_cert"),
    "TEMPORAL_TLS_CLIENT_KEY_PATH": ("tls", "client_key"),
}


class Places(dict[str, str]):
    """For each setting its name and where it was set; of one that is not set, the name alone."""

    def __missing__(self, name: str) -> str:
        return name


def places_of(here: Mapping[str, str], in_file: Mapping[str, Any]) -> Places:
    """Join what the variables set, and where, with what the profile sets."""
    chosen = os.environ.get(profiles.PROFILE) or "default"
    places = Places()
    for name, way in SETTINGS.items():
        names = (name, name.replace("_PATH", "_DATA"))
        value: Any = in_file
        for step in way:
            value = value.get(step, {}) if value else {}
        if found := next((one for one in names if one in here), None):
            places[name] = f"{found} {here[found]}"
        elif value not in ({}, None):
            places[name] = f"{way[-1]} of profile {chosen!r} in {profiles.path()}"
    return places
