"""What Core, tonic and rustls mean when they can't connect, and what to do about it."""

import re

from plumbing import commands
from plumbing.address import MAX_PORT, on_loopback, split
from plumbing.settings import Settings

NOTHING_LISTENS = "ConnectionRefused|Frontend is not healthy"  # the latter: not yet up
NO_WAY = r'tcp connect error".*?message: "([^"]+)'

CERT, KEY = "{TEMPORAL_TLS_CLIENT_CERT_PATH}", "{TEMPORAL_TLS_CLIENT_KEY_PATH}"
ADDRESS, NAMESPACE, API_KEY = "{TEMPORAL_ADDRESS}", "{TEMPORAL_NAMESPACE}", "{TEMPORAL_API_KEY}"
SPEAKS_NO_TLS = "InvalidContentType"
UNKNOWN_TO_IT = "(?i)unauthenticated|permission_?denied"
HUNG_UP = (
    "http2 error|transport error|connection (closed|was not ready)|ConnectionReset|BrokenPipe|"
    "UnexpectedEof"
)
NO_GRPC = f"{HUNG_UP}|grpc-status header"
WANTS_CERTIFICATE = "CertificateRequired|HandshakeFailure"

# The first match counts. What stands in braces is replaced by the place where it was set.
CAUSES = {
    "dns error": f"there is no such host; check {ADDRESS}",
    "invalid target URL": f"that is no address; write {ADDRESS} as host:port",
    "NotValidForName": "its certificate is for another host; check {TEMPORAL_TLS_SERVER_NAME}",
    "UnknownIssuer": "its certificate is from no CA that we trust; check "
    "{TEMPORAL_TLS_SERVER_CA_CERT_PATH}",
    "KeyMismatch": f"{CERT} and {KEY} are no pair",
    "Must have both": f"set {CERT} and {KEY}, both",
    "PrivateKeyParseError|parse private key": f"{KEY} holds no private key in PEM form",
    "CertificateParseError": f"a certificate in {CERT} or {{TEMPORAL_TLS_SERVER_CA_CERT_PATH}} was "
    "cut off, or is none",
    "CaUsedAsEndEntity": "its certificate is that of a CA, which is for signing only; give the "
    "server one that a CA has signed",
    "NoCertificatesPresented|BadEncoding": f"{CERT} holds no certificate in PEM form",
    "InvalidCertificate.Expired": "its certificate has expired, or this machine's clock is wrong",
    "CertificateExpired": f"our certificate has expired; renew {CERT}",
    WANTS_CERTIFICATE: f"it wants a client certificate; set {CERT} and {KEY}",
    "fatal alert|AlertReceived": f"it refused our certificate; check {CERT}",
    "TimeoutError": "it gives no answer: it hangs, is no Temporal Service, or wants TLS; "
    f"check the port in {ADDRESS}, and {{TEMPORAL_TLS}}",
    NO_GRPC: "what answers is no Temporal Service, or it wants TLS or another client certificate; "
    f"check the port in {ADDRESS}, {{TEMPORAL_TLS}} and {CERT}",
}
FOR_API_KEYS = (
    f"that is the address for certificates, and {API_KEY} is set; take the address for API keys, "
    "which the Namespace's page shows, as us-east-1.aws.api.temporal.io:7233, for "
    f"{ADDRESS}"
)


def cause_of(text: str, settings: Settings) -> str:
    """Return why connecting failed with this text, and which settings to look at."""
    if no_way := re.search(NO_WAY, text):
        place = settings.places["TEMPORAL_ADDRESS"]
        return f"{no_way[1]}; check the network, and {place}"
    if re.search(SPEAKS_NO_TLS, text):
        return _speaks_no_tls(settings)
    if re.search(UNKNOWN_TO_IT, text):
        cause = _refused(settings)
    elif re.search(WANTS_CERTIFICATE, text) and "api_key" in settings.config:
        cause = FOR_API_KEYS
    else:
        cause = next((CAUSES[words] for words in CAUSES if re.search(words, text)), "")
    return cause.format_map(settings.places) if cause else text


def is_vague(text: str) -> bool:
    """Tell whether all that is said is that the other side has hung up."""
    told = (NOTHING_LISTENS, SPEAKS_NO_TLS, UNKNOWN_TO_IT, *CAUSES)
    first = next((words for words in told if re.search(words, text)), "")
    return first == NO_GRPC and bool(re.search(HUNG_UP, text))


def _refused(settings: Settings) -> str:
    """It knows who we are, or wants to, and does not let us in."""
    namespace = repr(settings.namespace).translate({ord(brace): None for brace in "{}"})
    certificate = "TEMPORAL_TLS_CLIENT_CERT_PATH" in settings.places
    if "api_key" in settings.config:
        host, _ = split(settings.address) or ("", 0)
        if host.endswith(".tmprl.cloud") and not certificate:
            return FOR_API_KEYS
        return f"the API key was refused; check {API_KEY}, and whether it is for {NAMESPACE}"
    if certificate:
        return (
            f"it does not let our certificate into the Namespace {namespace}; "
            f"check {NAMESPACE} and {CERT}"
        )
    return f"it lets nobody in unnamed; set {API_KEY}, or {CERT} and {KEY}"


def _speaks_no_tls(settings: Settings) -> str:
    """Name what has turned TLS on."""
    on = [
        place
        for name, place in settings.places.items()
        if "TLS" in name or name == "TEMPORAL_API_KEY"
    ]
    return f"it speaks no TLS; remove what turns TLS on: {'; '.join(on)}"


def nothing_listens(settings: Settings) -> str:
    """Return what to do where nothing listens: only on loopback can one start a dev server."""
    where = settings.places.get("TEMPORAL_ADDRESS", "the default address")
    said = f"Nothing listens at {settings.address} ({where})."
    if not on_loopback(settings.address):
        return f"{said} Check the address, and whether the Temporal Service is up."
    host, port = split(settings.address) or ("", 0)
    start = ["server", "start-dev", "--namespace", settings.namespace, "--port", str(port)]
    if host.lower() not in ("localhost", "127.0.0.1"):  # where it listens by itself
        start += ["--ip", host]
    if ":" in host or port > MAX_PORT:  # such a one local mode does not take
        return f"{said} Start a dev server: {commands.temporal(*start)}"
    local = commands.python("main.py", "--local")
    return (
        f"{said} Start a dev server: {commands.temporal(*start)} "
        f"(or let the starter bring its own: {local})"
    )
