"""Which connections go through a proxy: those that the temporal CLI would send through it."""

import asyncio
import os
import re

import pytest

from connection import connect
from plumbing.proxy import proxy_for
from program import Mistake
from tests.support.tls import listening

pytestmark = pytest.mark.usefixtures("nobodys_home")

PROXY = "http://proxy.example:3128"
LED_NOWHERE = r"does not lead there \({}\); check HTTPS_PROXY and NO_PROXY\.$".format
HOST, NUMBER, NUMBER_6 = "db.example.com:7233", "203.0.113.5:7233", "[2001:db8::5]:7233"


# Each row was compared with what `temporal workflow list` does.
@pytest.mark.parametrize(
    ("address", "exceptions", "by_proxy"),
    [
        (HOST, "", True),
        (HOST, "*", False),
        (HOST, "db.example.com", False),
        (HOST, "example.com", False),
        (HOST, ".example.com", False),
        (HOST, "*.example.com", False),
        (HOST, "EXAMPLE.com", False),
        (HOST, "other.com , example.com ", False),
        (HOST, "example.com:7233", False),
        (HOST, "example.com:1", True),
        (HOST, "ample.com", True),
        (HOST, ".db.example.com", True),
        (HOST, "*example.com", True),
        (NUMBER, "203.0.113.0/24", False),
        (NUMBER, "203.0.113.5", False),
        (NUMBER, "203.0.113.5:1", True),
        (NUMBER, "203.0.113", True),
        (NUMBER, "203.0.113.0/99", True),
        (NUMBER_6, "2001:db8::/32", False),
        (NUMBER_6, "2001:db8::5", False),
        (NUMBER_6, "[2001:db8::5]", True),
        (NUMBER_6, "[2001:db8::5]:7233", False),
        ("localhost:7233", "", False),
        ("127.0.0.2:7233", "", False),
        ("[::1]:7233", "", False),
    ],
)
def test_no_proxy(
    monkeypatch: pytest.MonkeyPatch, address: str, exceptions: str, by_proxy: bool
) -> None:
    """NO_PROXY excepts names, domains, numbers, networks and ports; loopback needs no proxy."""
    for names in (("HTTPS_PROXY", "NO_PROXY"), ("https_proxy", "no_proxy")):
        with monkeypatch.context() as patch:
            for name, value in zip(names, (PROXY, exceptions), strict=True):
                patch.setenv(name, value)
            assert (proxy_for(address) is not None) == by_proxy


@pytest.mark.parametrize(
    ("value", "target", "login"),
    [
        (PROXY, "proxy.example:3128", None),
        ("proxy.example:3128", "proxy.example:3128", None),
        ("http://me:a%40b@proxy.example", "proxy.example:80", ("me", "a@b")),
    ],
    ids=["url", "no-scheme", "login"],
)
def test_the_proxy(
    monkeypatch: pytest.MonkeyPatch, value: str, target: str, login: tuple[str, str] | None
) -> None:
    """HTTPS_PROXY names the proxy, with or without a scheme, a port and a login."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    proxy = proxy_for(HOST)
    assert proxy
    assert (proxy.target_host, proxy.basic_auth) == (target, login)


@pytest.mark.parametrize("value", ["socks5://proxy:1", "http://proxy:99999", "http://", "http://["])
def test_no_address_of_a_proxy(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """What is no proxy's address gets one line with the right form."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(Mistake, match=r"^HTTPS_PROXY names no proxy\. Write it as http://host:"):
        proxy_for(HOST)


def test_a_proxy_that_wants_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A login is not sent in clear to a proxy that is to be spoken to through TLS."""
    monkeypatch.setenv("HTTPS_PROXY", "https://me:secret@proxy.example:3129")
    with pytest.raises(Mistake, match=r"^HTTPS_PROXY names a proxy that wants TLS") as raised:
        proxy_for(HOST)
    assert "secret" not in str(raised.value)


async def test_a_connection_by_the_proxy() -> None:
    """The proxy is asked to connect, and named when that fails."""
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    async with listening(refuse) as proxy:
        os.environ |= {
            "HTTPS_PROXY": f"http://{proxy}",
            "TEMPORAL_ADDRESS": "temporal.invalid:7233",
            "TEMPORAL_API_KEY": "key",
        }
        said = await refused()
        os.environ["HTTPS_PROXY"] = " "
        assert "there is no such host" in await refused()
        os.environ["HTTPS_PROXY"] = "http://127.0.0.1:1"
        dead = await refused()
    assert re.search(LED_NOWHERE(r"Connection refused \S+ \S+ \d+\)"), dead)
    assert f"by the proxy {proxy}, which HTTPS_PROXY names" in said
    assert re.search(LED_NOWHERE(".* 403 Forbidden"), said)
    assert set(asked) == {b"CONNECT temporal.invalid:7233 HTTP/1.1\r\n"}


async def refused() -> str:
    with pytest.raises(Mistake) as raised:
        await connect()
    return str(raised.value)
