"""How a program finds its Temporal Service: environment, .env, TOML profile, defaults."""

import asyncio
import os
import re
from pathlib import Path
from typing import Any

import pytest
from temporalio.service import TLSConfig
from temporalio.testing import WorkflowEnvironment

from connection import connect
from plumbing.settings import DEFAULTS, load_settings
from program import Mistake
from tests.support.executions import worker
from tests.support.programs import ROOT

PROFILE = """
[profile.default]
address = "profile:1"
namespace = "profile_namespace"
[profile.other]
address = "other:1"
"""


pytestmark = pytest.mark.usefixtures("nobodys_home")


def load(tmp_path: Path, env_file: str = "", **environment: str) -> dict[str, Any]:
    """The connection arguments with these variables, this .env and the TOML profiles above."""
    path = tmp_path / ".env"
    path.write_text(env_file)
    path.chmod(0o600)
    toml = tmp_path / "temporal.toml"
    toml.write_text(PROFILE)
    os.environ.update(environment)
    return dict(load_settings(path).config)


FILE = "temporal.toml"
CORE = "temporalio.core"


@pytest.mark.parametrize(
    ("environment", "env_file", "expected"),
    [
        pytest.param({}, "", DEFAULTS, id="nothing"),
        pytest.param(
            {"TEMPORAL_ADDRESS": "env:1"},
            "",
            DEFAULTS | {"target_host": "env:1"},
            id="environment",
        ),
        pytest.param(
            {},
            "TEMPORAL_NAMESPACE=file_namespace",
            DEFAULTS | {"namespace": "file_namespace"},
            id="env-file",
        ),
        pytest.param(
            {"TEMPORAL_ADDRESS": "env:1"},
            "TEMPORAL_ADDRESS=file:1",
            DEFAULTS | {"target_host": "env:1"},
            id="environment-before-env-file",
        ),
        pytest.param(
            {"TEMPORAL_CONFIG_FILE": FILE},
            "",
            {"target_host": "profile:1", "namespace": "profile_namespace"},
            id="profile",
        ),
        pytest.param(
            {"TEMPORAL_CONFIG_FILE": FILE},
            "TEMPORAL_ADDRESS=file:1",
            {"target_host": "file:1", "namespace": "profile_namespace"},
            id="env-file-before-profile",
        ),
        pytest.param(
            {},
            f"TEMPORAL_CONFIG_FILE={FILE}\nTEMPORAL_PROFILE=other",
            DEFAULTS | {"target_host": "other:1"},
            id="profile-from-env-file",
        ),
        pytest.param(
            {"TEMPORAL_ADDRESS": "", "TEMPORAL_API_KEY": "", "TEMPORAL_TLS": ""},
            "TEMPORAL_NAMESPACE=",
            DEFAULTS,
            id="empty-counts-as-unset",
        ),
        pytest.param(
            {"TEMPORAL_API_KEY": "key"},
            "",
            DEFAULTS | {"api_key": "key", "tls": True},
            id="api-key",
        ),
        pytest.param({"TEMPORAL_TLS": "true"}, "", DEFAULTS | {"tls": True}, id="tls"),
    ],
)
def test_what_wins(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    env_file: str,
    expected: dict[str, Any],
) -> None:
    """The environment wins over .env, .env over a TOML profile, and that over the defaults."""
    monkeypatch.chdir(tmp_path)
    config = load(tmp_path, env_file, **environment)
    if isinstance(config.get("tls"), TLSConfig):
        config["tls"] = bool(config["tls"])
    assert {name: value for name, value in config.items() if value} == expected


EXAMPLES = {
    "dev-server": DEFAULTS,
    "private-ca": {
        "target_host": "temporal.example.com:7233",
        "namespace": "backgroundcheck_namespace",
        "tls": TLSConfig(server_root_ca_cert=b"ca.pem", domain="frontend.example.com"),
    },
    "cloud-mtls": {
        "target_host": "your-namespace.your-account.tmprl.cloud:7233",
        "namespace": "your-namespace.your-account",
        "tls": TLSConfig(client_cert=b"client.pem", client_private_key=b"client.key"),
    },
    "cloud-api-key": {
        "target_host": "us-east-1.aws.api.temporal.io:7233",
        "namespace": "your-namespace.your-account",
        "api_key": "your-api-key",
        "tls": True,
    },
}


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=list(EXAMPLES))
def test_the_examples(tmp_path: Path, number: int) -> None:
    """Each block of .env.example, taken alone, connects as its comment says."""
    blocks = (ROOT / ".env.example").read_text().split("\n\n")
    settings = [re.findall(r"^#?(TEMPORAL_\w+=.+)$", block, re.MULTILINE) for block in blocks]
    chosen = "\n".join([lines for lines in settings if lines][number])
    for name in ("ca.pem", "client.pem", "client.key"):
        (tmp_path / name).write_text(name)
    config = load(tmp_path, chosen.replace("/path/to", str(tmp_path)))
    assert config == list(EXAMPLES.values())[number]
    assert len([lines for lines in settings if lines]) == len(EXAMPLES)


@pytest.mark.parametrize(
    ("env_file", "says"),
    [
        pytest.param("TEMPORAL_ADDRESS", "line 1: this is no NAME=value", id="no-value"),
        pytest.param("A=1\n = 2", "line 2: this is no NAME=value", id="no-name"),
        pytest.param("A=1\n\nB='open", r"line [23]: this is no NAME=value", id="open-quote"),
        pytest.param(
            "TEMPORAL_TLS_CLIENT_KEY_PATH=absent.key",
            r"^TEMPORAL_TLS_CLIENT_KEY_PATH in \S+\.env names \S+/absent.key: No such file",
            id="no-such-key",
        ),
        pytest.param("TEMPORAL_PROFILE=absent", "Profile 'absent' not found", id="no-such-profile"),
        pytest.param("TEMPORAL_CONFIG_FILE=.env", "TOML parse error at line 1", id="no-toml"),
    ],
)
def test_bad_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env_file: str, says: str
) -> None:
    """What can't be used is named: the line of .env, or the variable and the file."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Mistake, match=says):
        load(tmp_path, env_file)


def test_an_unreadable_env_file(tmp_path: Path) -> None:
    """A .env that is no file gets named."""
    (tmp_path / ".env").mkdir()
    with pytest.raises(Mistake, match=r"\.env can't be read"):
        load_settings(tmp_path / ".env")


def test_an_env_file_that_leads_nowhere(tmp_path: Path) -> None:
    """A .env that is a link to what has gone is not passed over."""
    (tmp_path / ".env").symlink_to("gone")
    with pytest.raises(Mistake, match=r"\.env can't be read: it is not a file"):
        load_settings(tmp_path / ".env")


async def test_an_address_to_which_no_way_leads() -> None:
    """What the system says of an address that can't be reached is passed on, in one line."""
    os.environ["TEMPORAL_ADDRESS"] = "224.0.0.1:7233"  # a group, which takes no connections
    said = (
        r"^Can't connect to 224\S+ \(\D+\): [A-Z][a-z ]+; check the network, and TEMPORAL_ADDRESS"
    )
    with pytest.raises(Mistake, match=said):
        await connect()


def test_an_env_file_of_another_encoding(tmp_path: Path) -> None:
    """What PowerShell's ``>`` writes is told how to be saved."""
    (tmp_path / ".env").write_text("TEMPORAL_NAMESPACE=x", "utf-16")
    with pytest.raises(Mistake, match=r"\.env can't be read: save it as UTF-8\.$"):
        load_settings(tmp_path / ".env")


async def test_core_logs_through_python(
    time_skipping: WorkflowEnvironment,
    fresh_id: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Core's log lines go through Python's logging, never to stdout."""
    lines: list[str] = []
    async with worker(time_skipping.client, fresh_id):  # of which Core says that it is too old
        while not lines:
            await asyncio.sleep(0.05)
            lines = [r.getMessage() for r in caplog.records if r.name.startswith(CORE)]
    out, _ = capfd.readouterr()
    assert "Temporal Server 1.16.0 or newer is required" in lines[0]
    assert "1.16.0" not in out
