"""An address, ``host:port``: is it well-formed, is it on loopback, and what should it be?"""

import ipaddress
import re

ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+):([0-9]{1,5})")
DEFAULT_PORT = 7233
MAX_PORT = 65535 - 1000  # the Web UI of a dev server is 1000 above


def split(address: str) -> tuple[str, int] | None:
    """Return host and port; None if it isn't well-formed."""
    match = ADDRESS.fullmatch(address)
    if not match or not 0 < int(match[2]) < 65536:
        return None
    return match[1].strip("[]"), int(match[2])


def is_loopback(host: str) -> bool:
    """Does the host's name or number say that it is this machine? (No name is looked up.)"""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def on_loopback(address: str) -> bool:
    """Does a well-formed address lead to this machine?"""
    host, _ = split(address) or ("", 0)
    return is_loopback(host)


def right_form(address: str) -> str:
    """Return what was probably meant by an address that isn't well-formed."""
    bare = re.split(r"[/?#\s]", re.sub(r"^\w+://+", "", address.strip()))[0].rpartition("@")[2]
    host, _, port = bare.rpartition(":")
    if _is_ipv6(host) and port.isdecimal() and len(port) > 3:
        meant = f"[{host.strip('[]')}]:{port}"
    elif _is_ipv6(bare):
        meant = f"[{bare.strip('[]')}]:{DEFAULT_PORT}"
    else:
        host, _, port = bare.partition(":")
        meant = f"{host}:{port if port.isdecimal() else DEFAULT_PORT}"
    return meant if split(meant) else f"localhost:{DEFAULT_PORT}"


def _is_ipv6(host: str) -> bool:
    try:
        return bool(ipaddress.IPv6Address(host.strip("[]")))
    except ValueError:
        return False
