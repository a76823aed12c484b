"""The proxy that leads to an address, chosen as the ``temporal`` CLI chooses it.

The rules are those of https://pkg.go.dev/golang.org/x/net/http/httpproxy: the same variable for
connections with and without TLS, none for loopback.
"""

import ipaddress
import os
import re
from urllib.parse import unquote, urlsplit

from temporalio.service import HttpConnectProxyConfig

from plumbing.address import is_loopback, split
from program import Mistake

FAILED = r"ConnectError\(((?:client error|CONNECT call).*?)(?:\\n\\nStack backtrace|\)\)'\))"


def proxy_for(address: str) -> HttpConnectProxyConfig | None:
    """Return the proxy to connect through, if the environment names one for this address.

    Raises:
        Mistake: What it names is no address of a proxy, or of one that the SDK can't speak to.
    """
    value = _variable("HTTPS_PROXY")
    host, port = split(address) or ("", 0)
    if not value or is_loopback(host) or _excepted(host.lower(), port):
        return None
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        if not parts.hostname or parts.scheme not in ("http", "https"):
            raise ValueError
        where = f"{parts.hostname}:{parts.port or 80}"
    except ValueError:
        raise Mistake("HTTPS_PROXY names no proxy. Write it as http://host:port.") from None
    if parts.scheme == "https":
        raise Mistake(
            "HTTPS_PROXY names a proxy that wants TLS (https://), which the SDK does not speak to "
            "a proxy. Name one that does without: http://host:port."
        )
    if parts.username is None:
        return HttpConnectProxyConfig(where)
    secret = unquote(parts.password or "")
    return HttpConnectProxyConfig(where, basic_auth=(unquote(parts.username), secret))


def refusal(text: str) -> str:
    """Return why the proxy does not lead on, as Core says it; nothing if something else failed."""
    said = re.search(FAILED, text)
    why = said[1].rpartition("\\n")[2].strip() if said else ""
    return why and f"the proxy does not lead there ({why}); check HTTPS_PROXY and NO_PROXY"


def _variable(name: str) -> str:
    return (os.environ.get(name) or os.environ.get(name.lower()) or "").strip()


def _excepted(host: str, port: int) -> bool:
    """Does NO_PROXY except the host: by its name, its domain, its number or its network?"""
    for entry in _variable("NO_PROXY").lower().replace(" ", "").split(","):
        name, _, its_port = entry.rpartition(":")
        if entry == "*" or _covers(entry, host):
            return True
        if its_port == str(port) and _covers(name.strip("[]"), host):
            return True
    return False


def _covers(name: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        domain = name.removeprefix("*")
        below = domain if domain.startswith(".") else f".{name}"
        return bool(name) and (host == name or host.endswith(below))
