"""What is said of wrong settings looks at what is configured, and can be done."""

import os
import re
from pathlib import Path

import pytest
from temporalio.envconfig import ClientConnectConfig

from connection import connect
from plumbing.causes import cause_of, nothing_listens
from plumbing.localsettings import local_settings
from plumbing.places import Places
from plumbing.settings import DEFAULTS, Settings, load_settings
from program import Mistake

pytestmark = pytest.mark.usefixtures("nobodys_home")

CLOUD = "ns.account.tmprl.cloud:7233"
KEY, CERTIFICATE = "TEMPORAL_API_KEY", "TEMPORAL_TLS_CLIENT_CERT_PATH"


@pytest.fixture
def env_file(nobodys_home: Path) -> Path:
    """A file to put variables in."""
    file = nobodys_home / "project" / ".env"
    file.parent.mkdir()
    file.touch(0o600)
    return file


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("http://localhost:7233", "localhost:7233"),
        ("localhost", "localhost:7233"),
        ("localhost:7233/", "localhost:7233"),
        (f"https://{CLOUD}", CLOUD),
        ("::1", "[::1]:7233"),
        ("::1:7234", "[::1]:7234"),
        ("a:b:c", "a:7233"),
        ("localhost:99999", "localhost:7233"),
        ("https://me:secret@host:7234/path?x=secret", "host:7234"),
        (" ", "localhost:7233"),
    ],
)
async def test_a_malformed_address(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], address: str, meant: str
) -> None:
    """An address is checked before the SDK sees it: one line, with the right form."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    with pytest.raises(Mistake) as raised:
        await connect()
    said = str(raised.value)
    assert said.startswith("TEMPORAL_ADDRESS in the environment is '")
    assert said.endswith(f". Write TEMPORAL_ADDRESS as host:port, as in {meant}")
    assert "me:secret" not in said
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("value", "tls"), [("TRUE", True), ("1", True), ("false", False)])
def test_tls_or_not(monkeypatch: pytest.MonkeyPatch, env_file: Path, value: str, tls: bool) -> None:
    """TEMPORAL_TLS takes what the temporal CLI takes."""
    monkeypatch.setenv("TEMPORAL_TLS", value)
    assert bool(load_settings(env_file).config.get("tls")) == tls


@pytest.mark.parametrize("value", ["maybe", "no", "off", "f"])
def test_neither_true_nor_false(env_file: Path, value: str) -> None:
    """What TEMPORAL_TLS is not does not turn TLS on."""
    env_file.write_text(f"TEMPORAL_TLS={value}")
    with pytest.raises(Mistake, match=rf"^TEMPORAL_TLS in \S+\.env is '{value}'\. Write true or"):
        load_settings(env_file)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("TEMPORAL_ADRESS", "TEMPORAL_ADRESS in {}, which nobody reads: is it TEMPORAL_ADDRESS?"),
        ("TEMPORALNAMESPACE", "which nobody reads: is it TEMPORAL_NAMESPACE?"),
        ("$env:TEMPORAL_ADDRESS", "which nobody reads: is it TEMPORAL_ADDRESS?"),
        ("TEMPORAL_COLOUR", "TEMPORAL_COLOUR in {}, which nobody reads"),
        ("BACKGROUNDCHECK_KEYS", "BACKGROUNDCHECK_KEYS in {}, which nobody reads"),
        ("TEMPORAL_TLS_CERT", "which only the temporal CLI reads: write TEMPORAL_TLS_CLIENT_CERT_"),
        ("TEMPORAL_TLS_KEY", "which only the temporal CLI reads: write TEMPORAL_TLS_CLIENT_KEY_"),
        ("TEMPORAL_TLS_CA", "which only the temporal CLI reads: write TEMPORAL_TLS_SERVER_CA_"),
        ("TEMPORAL_CLI_ADDRESS", "which only the temporal CLI reads: write TEMPORAL_ADDRESS"),
        ("TEMPORAL_GRPC_META_X", None),
        ("TEMPORAL_DEBUG", None),
        ("TEMPERATURE", None),
    ],
)
def test_a_name_that_nobody_reads(
    env_file: Path, caplog: pytest.LogCaptureFixture, name: str, says: str | None
) -> None:
    """Unknown, misspelt and older names are warned of once, with the right one."""
    env_file.write_text(f"{name}=x")
    for _ in range(2):
        load_settings(env_file)
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == (says is not None)
    assert all((says or "").format(env_file) in warning for warning in warnings)


def test_a_profile_that_is_misspelt(env_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """So is what nobody reads in a profile; no line of the file is shown, broken or not."""
    file = env_file.with_name("temporal.toml")
    env_file.write_text("TEMPORAL_CONFIG_FILE=temporal.toml")
    file.write_text('[profile.default]\nnamespace = "n"\napikey = "abc"\n')
    assert load_settings(env_file).namespace == "n"
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"Ignored in {file}: ")
    assert "line 3, column 1 unknown field `apikey`, expected one of" in said
    file.write_text('[profile.default]\napi_key = "abc')
    with pytest.raises(Mistake, match="TOML parse error at line 2") as raised:
        load_settings(env_file)
    assert "abc" not in said + str(raised.value)


def test_an_older_name_beside_the_new_one(env_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Who sets both, for the CLI's sake, is not warned."""
    env_file.write_text("TEMPORAL_CLI_ADDRESS=a:1\nTEMPORAL_ADDRESS=a:1")
    load_settings(env_file)
    assert caplog.records == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes as in POSIX")
def test_a_pipe_as_env_file(env_file: Path) -> None:
    """A pipe to which nobody writes does not block."""
    env_file.unlink()
    os.mkfifo(env_file)
    with pytest.raises(Mistake, match=r"\.env can't be read: it is not a file\.$"):
        load_settings(env_file)


@pytest.mark.parametrize("path", ["certs/ca.pem", "~/project/certs/ca.pem"], ids=["relative", "~"])
def test_a_path_in_the_env_file(env_file: Path, path: str) -> None:
    """A relative path counts from .env, wherever the program runs; ``~`` is the home."""
    (env_file.parent / "certs").mkdir()
    (env_file.parent / "certs" / "ca.pem").write_text("certificate")
    env_file.write_text(f"TEMPORAL_TLS_SERVER_CA_CERT_PATH={path}")
    tls = load_settings(env_file).config["tls"]
    assert getattr(tls, "server_root_ca_cert", None) == b"certificate"


def settings_of(address: str, *variables: str) -> Settings:
    config = DEFAULTS | {"target_host": address} | ({"api_key": "k"} if KEY in variables else {})
    places = Places({name: f"{name} in .env" for name in ("TEMPORAL_ADDRESS", *variables)})
    return Settings(ClientConnectConfig(**config), places)  # type: ignore[typeddict-item]


def test_only_loopback_gets_a_dev_server() -> None:
    """Where an address is another machine's, nobody is told to start a dev server there."""
    assert re.search(r"main\.py'? --local\)$", nothing_listens(settings_of("127.0.0.1:1")))
    assert "main.py --local" in nothing_listens(settings_of("LOCALHOST:1"))
    for host, start in (("127.0.0.2:1", "--port 1 --ip 127.0.0.2 (or"), ("[::1]:1", "--ip ::1")):
        assert start in nothing_listens(settings_of(host))
    for refused in ("[::1]:1", "localhost:64536"):
        assert "--local" not in nothing_listens(settings_of(refused))
    for host in ("buildhost", "192.0.2.1", CLOUD.partition(":")[0]):
        said = nothing_listens(settings_of(f"{host}:7233"))
        assert said == (
            f"Nothing listens at {host}:7233 (TEMPORAL_ADDRESS in .env). "
            "Check the address, and whether the Temporal Service is up."
        )


@pytest.mark.parametrize(
    ("text", "address", "variables", "says"),
    [
        ("PERMISSION_DENIED", CLOUD, [CERTIFICATE], "not let our certificate into the Namespace"),
        ("PERMISSION_DENIED", "eu.api.temporal.io:7233", [KEY], f"check {KEY} in .env, and whe"),
        ("PERMISSION_DENIED", CLOUD, [KEY], "that is the address for certificates"),
        ("CertificateRequired", CLOUD, [KEY], "take the address for API keys"),
        ("CertificateRequired", CLOUD, [], f"set {CERTIFICATE} and"),
        ("UNAUTHENTICATED", "h:1", [], f"it lets nobody in unnamed; set {KEY}, or {CERTIFICATE}"),
        ('(Canceled, "connection was not ready")', "h:1", [], "what answers is no Temporal"),
        ("InvalidContentType", "h:1", [KEY], f"remove what turns TLS on: {KEY} in .env"),
    ],
)
def test_a_cause(text: str, address: str, variables: list[str], says: str) -> None:
    """A refusal is explained with what was presented, and nothing else is named."""
    said = cause_of(text, settings_of(address, *variables))
    assert says in said
    if CERTIFICATE in variables:
        assert "API key" not in said
        assert "check TEMPORAL_NAMESPACE" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [(KEY, "k\n"), (KEY, "ü"), *(("TEMPORAL_NAMESPACE", odd) for odd in ("a\nb", "a\tb", "ü"))],
)
def test_what_no_request_can_carry(
    monkeypatch: pytest.MonkeyPatch, env_file: Path, name: str, value: str
) -> None:
    """A Namespace or a key that no header takes is refused before a Worker waits for it."""
    monkeypatch.setenv(name, value)
    reads = [load_settings, local_settings] if name != KEY else [load_settings]
    for read in reads:
        with pytest.raises(Mistake, match=rf"^{name} in the environment won't do: write print"):
            read(env_file)


PROFILE = '[profile.default]\naddress = "{}"\napi_key = "abc"\n'
IN_FILE = "of profile 'default' in {}"


@pytest.mark.parametrize(
    ("variables", "in_file", "address", "passed_over"),
    [
        ({}, "192.0.2.1:7233", "localhost:7233", [f"address {IN_FILE}", f"api_key {IN_FILE}"]),
        (
            {"TEMPORAL_ADDRESS": "127.0.0.1:7300"},
            "192.0.2.1:7233",
            "127.0.0.1:7300",
            [f"api_key {IN_FILE}"],
        ),
        (
            {KEY: "abc", "TEMPORAL_TLS": "true", "TEMPORAL_GRPC_META_A": "x"},
            "127.0.0.1:7300",
            "127.0.0.1:7300",
            [f"{KEY} in the environment", "TEMPORAL_TLS in the", "TEMPORAL_GRPC_META_A in the"],
        ),
        ({"TEMPORAL_ADDRESS": CLOUD}, None, "localhost:7233", ["TEMPORAL_ADDRESS in the env"]),
    ],
    ids=["profile", "its-key", "environment", "cloud-address"],
)
def test_local_mode_passes_over(
    env_file: Path,
    caplog: pytest.LogCaptureFixture,
    variables: dict[str, str],
    in_file: str | None,
    address: str,
    passed_over: list[str],
) -> None:
    """Local mode uses its own address and no credentials, and says which it passed over."""
    file = env_file.parents[1] / "temporalio" / "temporal.toml"
    if in_file:
        file.parent.mkdir()
        file.write_text(PROFILE.format(in_file))
    os.environ |= variables
    with caplog.at_level("INFO"):
        config = local_settings(env_file).config
    assert config == DEFAULTS | {"target_host": address}
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"Local mode is at {address} and passes over: ")
    for place in passed_over:
        assert place.format(file) in said
    assert "abc" not in said


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("[::1]:7300", r"takes no IPv6 address\. Set TEMPORAL_ADDRESS=127\.0\.0\.1:7300\."),
        ("localhost:64536", "no port for the Web UI, which is 1000 above.* at most 64535"),
        ("http://localhost:7233", "Write TEMPORAL_ADDRESS as host:port"),
    ],
)
def test_local_mode_refuses(
    monkeypatch: pytest.MonkeyPatch, env_file: Path, address: str, says: str
) -> None:
    """Where no dev server can run, one line says why."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    with pytest.raises(Mistake, match=says):
        local_settings(env_file)
