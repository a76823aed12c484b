"""A TLS endpoint before a dev server: who may connect is decided here, with real certificates."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme

Streams = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Endpoint:
    """Where it listens, how many connections it has let through, and what they sent."""

    address: str = ""
    admitted: int = 0
    received: bytearray = field(default_factory=bytearray)


@asynccontextmanager
async def endpoint(
    target: str, certificate: trustme.LeafCert, clients: trustme.CA | None = None
) -> AsyncIterator[Endpoint]:
    """Forward to ``target``, without TLS, what clients send that have a certificate of that CA.

    It handles TLS itself, because asyncio drops the alert that tells a client why it was refused.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    certificate.configure_cert(context)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        clients.configure_trust(context)
    here = Endpoint()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)

        async def sent() -> bytes:
            """What the client has sent, decrypted; nothing at the end or for a refused client."""
            while True:
                try:
                    return tls.read(65536)
                except ssl.SSLWantReadError:
                    writer.write(outgoing.read())
                    if not (data := await reader.read(65536)):
                        return b""
                    incoming.write(data)
                except ssl.SSLError:  # refused: let the alert arrive before the connection ends
                    writer.write(outgoing.read())
                    writer.write_eof()
                    while await reader.read(65536):
                        pass
                    return b""

        async def back() -> None:
            while data := await there_reader.read(65536):
                tls.write(data)
                writer.write(outgoing.read())
            writer.close()

        if not (data := await sent()):
            return
        here.admitted += 1
        host, _, port = target.rpartition(":")
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        returning = asyncio.create_task(back())
        with contextlib.closing(there_writer):
            while data:
                here.received += data
                there_writer.write(data)
                data = await sent()
        await returning

    async with listening(serve) as here.address:
        yield here


@asynccontextmanager
async def listening(serve: Streams) -> AsyncIterator[str]:
    """Yield the loopback address where ``serve`` answers; nothing of it is left behind."""
    tasks = set[asyncio.Task[None]]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        with (
            contextlib.suppress(OSError, EOFError, asyncio.CancelledError),
            contextlib.closing(writer),
        ):
            await serve(reader, writer)

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def refusing(status: int, message: str) -> Streams:
    """Answer every call with that gRPC status, as a Temporal Service does that lets nobody in.

    HTTP/2 in as few bytes as it takes: https://www.rfc-editor.org/rfc/rfc9113 and rfc7541.
    """
    headers, settings, acknowledged, ended = 1, 4, 1, 5
    trailers = {
        "content-type": "application/grpc",
        "grpc-status": str(status),
        "grpc-message": message,
    }
    block = b"\x88"  # :status 200
    for words in trailers.items():
        block += b"\0" + b"".join(bytes([len(word)]) + word.encode() for word in words)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        writer.write(bytes([0, 0, 0, settings, 0, 0, 0, 0, 0]))
        while True:
            frame = await reader.readexactly(9)
            await reader.readexactly(int.from_bytes(frame[:3], "big"))
            if frame[3] == headers:
                stream = frame[5:]
                writer.write(bytes([0, 0, len(block), headers, ended]) + stream + block)
            elif frame[3] == settings and frame[4] != acknowledged:
                writer.write(bytes([0, 0, 0, settings, acknowledged, 0, 0, 0, 0]))

    return serve


def on_the_wire(header: str) -> bytes:
    """A header's value as HTTP/2 writes it: https://www.rfc-editor.org/rfc/rfc7541#appendix-B."""
    codes = {symbol: f"{code:05b}" for code, symbol in enumerate("012aceiost")}
    codes |= {"B": "1011101", "r": "101100", " ": "010100"}
    bits = "".join(codes[symbol] for symbol in header)
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
