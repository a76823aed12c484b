"""Who may connect: with the right certificate or API key all programs, without them none."""

import asyncio
import ssl
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from connection import connect
from plumbing.commands import binary
from plumbing.settings import DEFAULTS, load_settings
from program import Mistake
from tests.support.programs import GATE, Project, nothing_configured
from tests.support.tls import Endpoint, endpoint, listening, on_the_wire, refusing

SERVER_NAME = "temporal.test"  # what the server's certificate names, and no resolver knows
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    """The CA of the server and of those who may connect."""
    return trustme.CA()


@pytest.fixture(scope="module")
async def mtls(dev_server: WorkflowEnvironment, ca: trustme.CA) -> AsyncIterator[Endpoint]:
    """An endpoint that demands a client certificate."""
    target = dev_server.client.service_client.config.target_host
    async with endpoint(target, ca.issue_cert(SERVER_NAME), ca) as here:
        yield here


def expired(ca: trustme.CA, name: str) -> trustme.LeafCert:
    now = datetime.now(UTC)
    return ca.issue_cert(name, not_before=now - 2 * DAY, not_after=now - DAY)


def write(folder: Path, certificate: trustme.LeafCert, ca: trustme.CA) -> dict[str, str]:
    """Write certificate, key and the server's CA to files; return the variables that name them."""
    certificate.cert_chain_pems[0].write_to_path(folder / "client.pem")
    certificate.private_key_pem.write_to_path(folder / "client.key")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    return {
        "TEMPORAL_TLS_CLIENT_CERT_PATH": str(folder / "client.pem"),
        "TEMPORAL_TLS_CLIENT_KEY_PATH": str(folder / "client.key"),
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(folder / "ca.pem"),
        "TEMPORAL_TLS_SERVER_NAME": SERVER_NAME,
    }


@pytest.fixture
def admitted(project: Project, ca: trustme.CA, mtls: Endpoint, tmp_path: Path) -> Project:
    """Programs with everything that the endpoint demands."""
    project.serve_at(mtls.address)
    project.environment |= write(tmp_path, ca.issue_cert("client"), ca)
    project.change("backgroundcheck.py", "random_number < 50", "False")
    return project


@pytest.mark.parametrize("certificate", ["none", "another-ca", "right"])
async def test_the_endpoint_refuses(certificate: str, ca: trustme.CA, mtls: Endpoint) -> None:
    """Only a certificate of the right CA gets through, whoever presents it."""
    context = ssl.create_default_context()
    ca.configure_trust(context)
    context.set_alpn_protocols(["h2"])
    if certificate != "none":
        issuer = ca if certificate == "right" else trustme.CA()
        issuer.issue_cert("client").configure_cert(context)
    before, (host, _, port) = mtls.admitted, mtls.address.rpartition(":")
    reader, writer = await asyncio.open_connection(
        host, int(port), ssl=context, server_hostname=SERVER_NAME
    )
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
    if certificate == "right":
        assert await reader.read(9)
    else:
        with pytest.raises(ssl.SSLError, match="ALERT"):
            await reader.read(9)
    writer.transport.abort()
    assert mtls.admitted - before == (certificate == "right")


async def test_the_right_certificate_admits_all_programs(admitted: Project) -> None:
    """Worker, starter, gate and the temporal CLI work with the same variables as without TLS.

    Claims: 5
    """
    worker = await admitted.start("worker.py")
    await worker.says("Serving")
    workflow_id = str(uuid.uuid4())
    starter = await admitted.run("main.py", "--workflow-id", workflow_id)
    assert (starter.process.returncode, starter.err) == (0, "")
    assert 'Result  "pass"' in starter.out
    others = {
        "gate": (*GATE, "--query", f'WorkflowId = "{workflow_id}"'),
        "cli": (str(binary("temporal")), "workflow", "describe", "--workflow-id", workflow_id),
    }
    namespace = {"TEMPORAL_NAMESPACE": DEFAULTS["namespace"]}  # the CLI has another default
    for arguments in others.values():
        program = await admitted.run(*arguments, **namespace)
        assert program.process.returncode == 0, program
    del admitted.environment["TEMPORAL_TLS_CLIENT_CERT_PATH"]
    del admitted.environment["TEMPORAL_TLS_CLIENT_KEY_PATH"]
    for arguments in others.values():
        program = await admitted.run(*arguments, **namespace)
        assert program.process.returncode, program


async def test_the_cli_takes_certificates_as_options(
    project: Project,
    ca: trustme.CA,
    mtls: Endpoint,
    dev_server: WorkflowEnvironment,
    tmp_path: Path,
) -> None:
    """`temporal workflow show` takes the paths of certificate and key as options, too.

    Claims: 5
    """
    workflow_id = str(uuid.uuid4())
    await dev_server.client.start_workflow("BackgroundCheck", id=workflow_id, task_queue="unserved")
    write(tmp_path, ca.issue_cert("client"), ca)
    show = f"workflow show --workflow-id {workflow_id} --namespace {DEFAULTS['namespace']}"
    where = f"--address {mtls.address} --tls-server-name {SERVER_NAME}"
    where += f" --tls-ca-path {tmp_path}/ca.pem"
    who = f"--tls-cert-path {tmp_path}/client.pem --tls-key-path {tmp_path}/client.key"
    cli = str(binary("temporal"))
    admitted = await project.run(cli, *f"{show} {where} {who}".split())
    assert (admitted.process.returncode, admitted.err) == (0, "")
    assert "WorkflowExecutionStarted" in admitted.out
    refused = await project.run(cli, *f"{show} {where}".split())
    assert refused.process.returncode


NO_PEM = "TEMPORAL_TLS_CLIENT_CERT_PATH holds no certificate in PEM form"
REFUSALS = {
    "no-certificate": "it wants a client certificate; set TEMPORAL_TLS_CLIENT_CERT_PATH and",
    "another-ca": "it refused our certificate; check TEMPORAL_TLS_CLIENT_CERT_PATH",
    "expired": "our certificate has expired; renew TEMPORAL_TLS_CLIENT_CERT_PATH",
    "wrong-server-name": "its certificate is for another host; check TEMPORAL_TLS_SERVER_NAME",
    "no-server-name": "its certificate is for another host; check TEMPORAL_TLS_SERVER_NAME",
    "unknown-server-ca": "from no CA that we trust; check TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "no-server-ca": "from no CA that we trust; check TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "garbage-server-ca": "from no CA that we trust; check TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "key-of-another-pair": "TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH are no",
    "garbage-key": "TEMPORAL_TLS_CLIENT_KEY_PATH holds no private key in PEM form",
    "garbage-certificate": NO_PEM,
    "half-a-certificate": NO_PEM,
    "no-key": "set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, both",
    "missing-file": "TEMPORAL_TLS_CLIENT_KEY_PATH names ",
    "no-tls": "or it wants TLS or another client certificate; check",
}


def spoil(what: str, variables: dict[str, str], folder: Path, ca: trustme.CA) -> None:
    """Make one thing wrong with what ``write`` has written."""
    name = "TEMPORAL_TLS_{}".format
    match what:
        case "no-certificate":
            del variables[name("CLIENT_CERT_PATH")], variables[name("CLIENT_KEY_PATH")]
        case "another-ca":
            write(folder, trustme.CA().issue_cert("client"), ca)
        case "expired":
            write(folder, expired(ca, "client"), ca)
        case "wrong-server-name":
            variables[name("SERVER_NAME")] = "other.test"
        case "no-server-name":
            del variables[name("SERVER_NAME")]
        case "unknown-server-ca":
            trustme.CA().cert_pem.write_to_path(folder / "ca.pem")
        case "no-server-ca":
            del variables[name("SERVER_CA_CERT_PATH")]
        case "garbage-server-ca":
            (folder / "ca.pem").write_text("garbage")
        case "key-of-another-pair":
            ca.issue_cert("client").private_key_pem.write_to_path(folder / "client.key")
        case "garbage-key":
            (folder / "client.key").write_text("garbage")
        case "garbage-certificate":
            (folder / "client.pem").write_text("garbage")
        case "half-a-certificate":
            begin, middle, end = "-----BEGIN CERTIFICATE-----", "MIIB", "-----END CERTIFICATE-----"
            (folder / "client.pem").write_text(f"{begin}\n{middle}\n{end}\n")
        case "no-key":
            del variables[name("CLIENT_KEY_PATH")]
        case "missing-file":
            (folder / "client.key").unlink()
        case "no-tls":
            for variable in [variable for variable in variables if variable.startswith(name(""))]:
                del variables[variable]


async def refusal(home: Path, variables: dict[str, str]) -> str:
    """The one line that a program would end with."""
    with nothing_configured(home, **variables), pytest.raises(Mistake) as raised:
        await connect()
    said = str(raised.value)
    assert "\n" not in said
    assert said.startswith("TEMPORAL_") or "(TEMPORAL_ADDRESS in the environment)" in said
    return said.replace(" in the environment", "")


@pytest.mark.parametrize(("what", "cause"), REFUSALS.items(), ids=REFUSALS)
async def test_who_is_refused_is_told_why(
    what: str,
    cause: str,
    mtls: Endpoint,
    ca: trustme.CA,
    tmp_path: Path,
) -> None:
    """Whatever is wrong with a certificate, one line names it and the variable to check."""
    variables = {"TEMPORAL_ADDRESS": mtls.address, **write(tmp_path, ca.issue_cert("client"), ca)}
    spoil(what, variables, tmp_path, ca)
    before = mtls.admitted
    assert cause in await refusal(tmp_path, variables)
    assert mtls.admitted == before


async def test_an_expired_server_is_refused(
    dev_server: WorkflowEnvironment, ca: trustme.CA, tmp_path: Path
) -> None:
    """We don't talk to a server whose certificate has expired."""
    target = dev_server.client.service_client.config.target_host
    variables = write(tmp_path, ca.issue_cert("client"), ca)
    async with endpoint(target, expired(ca, SERVER_NAME), ca) as here:
        said = await refusal(tmp_path, {"TEMPORAL_ADDRESS": here.address, **variables})
        assert "its certificate has expired" in said
        assert not here.admitted


async def test_a_certificate_without_permission(ca: trustme.CA, tmp_path: Path) -> None:
    """Who has the right certificate and not the Namespace hears of these two, of no API key."""
    variables = write(tmp_path, ca.issue_cert("client"), ca) | {"TEMPORAL_NAMESPACE": "not-mine"}
    async with (
        listening(refusing(7, "Request unauthorized.")) as target,
        endpoint(target, ca.issue_cert(SERVER_NAME), ca) as here,
    ):
        said = await refusal(tmp_path, {"TEMPORAL_ADDRESS": here.address, **variables})
    assert said.endswith(
        "it does not let our certificate into the Namespace 'not-mine'; "
        "check TEMPORAL_NAMESPACE and TEMPORAL_TLS_CLIENT_CERT_PATH."
    )


async def test_refused_programs_start_nothing(
    admitted: Project, dev_server: WorkflowEnvironment, ca: trustme.CA, tmp_path: Path
) -> None:
    """Worker and starter end with that one line and status 2, and nothing is started."""
    spoil("no-certificate", admitted.environment, tmp_path, ca)
    await assert_refused(admitted, dev_server, REFUSALS["no-certificate"])


async def assert_refused(project: Project, dev_server: WorkflowEnvironment, cause: str) -> None:
    workflow_id = str(uuid.uuid4())
    for program in await asyncio.gather(
        project.run("worker.py"), project.run("main.py", "--workflow-id", workflow_id)
    ):
        assert (program.process.returncode, program.out) == (2, ""), program
        assert cause in program.err.replace(" in the environment", "")
        assert program.err.count("\n") == 1
    with pytest.raises(RPCError, match="not found"):
        await dev_server.client.get_workflow_handle(workflow_id).describe()


# API keys, of letters that on_the_wire knows
API_KEY = "a0secret1cat2tie"


@pytest.fixture
def with_api_key(project: Project, ca: trustme.CA, tmp_path: Path) -> Project:
    """Programs with an API key and no client certificate."""
    variables = write(tmp_path, ca.issue_cert("client"), ca)
    project.environment |= {k: v for k, v in variables.items() if "CLIENT" not in k}
    project.environment["TEMPORAL_API_KEY"] = API_KEY
    return project


async def test_an_api_key_reaches_the_server(
    with_api_key: Project, dev_server: WorkflowEnvironment, ca: trustme.CA
) -> None:
    """The API key travels encrypted, as the authorization header, and nobody prints it."""
    target = dev_server.client.service_client.config.target_host
    async with endpoint(target, ca.issue_cert(SERVER_NAME)) as here:
        with_api_key.serve_at(here.address)
        starter = await with_api_key.run("main.py", "--workflow-id", str(uuid.uuid4()), "--detach")
    assert starter.process.returncode == 0
    authorization = on_the_wire(f"Bearer {API_KEY}")
    # The name is the 23rd in HPACK's table; the value is Huffman-coded and not to be remembered.
    assert b"\x0f\x08" + bytes([0x80 | len(authorization)]) + authorization in here.received
    assert API_KEY not in starter.out + starter.err


async def test_a_refused_api_key(
    with_api_key: Project, dev_server: WorkflowEnvironment, ca: trustme.CA
) -> None:
    """A refused API key is named by its variable, and not printed."""
    async with (
        listening(refusing(16, "no")) as target,
        endpoint(target, ca.issue_cert(SERVER_NAME)) as here,
    ):
        with_api_key.serve_at(here.address)
        await assert_refused(
            with_api_key, dev_server, "the API key was refused; check TEMPORAL_API_KEY"
        )
    assert not [program for program in with_api_key.programs if API_KEY in program.err]


def test_an_api_key_has_no_repr(tmp_path: Path) -> None:
    """Who prints the configuration doesn't print the API key."""
    with nothing_configured(tmp_path, TEMPORAL_API_KEY=API_KEY):
        config = load_settings(tmp_path / ".env").config
    assert config["api_key"] == API_KEY
    assert API_KEY not in repr(config)


# What lies around


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.parametrize(
    ("mode", "warnings"),
    [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1), (0o644, 1)],
    ids=["owner", "read-only", "group", "others", "all"],
)
def test_an_env_file_that_others_can_read(
    mode: int, warnings: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever leaves .env open to others is warned once, and told the remedy."""
    env_file = tmp_path / ".env"
    env_file.touch()
    env_file.chmod(mode)
    for _ in range(2):
        load_settings(env_file)
    assert [record.getMessage().endswith(f"chmod 600 {env_file}") for record in caplog.records] == [
        True
    ] * warnings
