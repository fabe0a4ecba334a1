"""Targets of probes on the loopback: servers that answer, hang, break off, lie, or never end."""

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Handler = Callable[[socket.socket], None]


@contextmanager
def serving(handler: Handler, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A TCP server whose connections are each given to `handler` in a thread; its port."""
    ending = threading.Event()
    threads: list[threading.Thread] = []

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(20)
            if context is None:
                handler(connection)
            else:
                with context.wrap_socket(connection, server_side=True) as secured:
                    handler(secured)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def accept() -> None:
            while not ending.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = listener.accept()
                    thread = threading.Thread(target=answer, args=(connection,))
                    threads.append(thread)
                    thread.start()

        accepter = threading.Thread(target=accept)
        accepter.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ending.set()
            accepter.join()
            for thread in threads:
                thread.join()


def request_of(connection: socket.socket) -> bytes:
    """A whole request: head, and as much body as it announces."""
    found = b""
    while b"\r\n\r\n" not in found:
        chunk = connection.recv(65_536)
        if not chunk:
            return found
        found += chunk
    head, _, body = found.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length and (chunk := connection.recv(65_536)):
        body += chunk
    return head + b"\r\n\r\n" + body


def answering(
    body: bytes = b"fine", status: str = "200 OK", heard: list[bytes] | None = None, **headers: str
) -> Handler:
    """An ordinary answer to every request; requests are added to `heard`."""

    def handler(connection: socket.socket) -> None:
        request = request_of(connection)
        if heard is not None:
            heard.append(request)
        lines = {
            "Content-Length": str(len(body)),
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        connection.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)

    return handler


def until_closed(connection: socket.socket) -> None:
    """Say nothing until the other side goes."""
    while connection.recv(65_536):
        pass


def hanging(connection: socket.socket) -> None:
    request_of(connection)
    until_closed(connection)


def resetting(connection: socket.socket) -> None:
    request_of(connection)
    # Linger of 0 seconds: closing sends a reset.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def lying_about_length(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")


def dripping(connection: socket.socket) -> None:
    """A byte now and then, so that no single read takes long."""
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    pause = threading.Event()
    while not pause.wait(0.02):
        connection.sendall(b".")


def endless(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def babbling(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"220 mail.example ESMTP\r\n")


def certificate(
    folder: Path, *, days_left: float, name: str = "localhost", age_days: float = 400
) -> tuple[ssl.SSLContext, Path]:
    """A self-signed certificate for `name` and 127.0.0.1: the server's context, and the file to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=age_days))
        .not_valid_after(now + datetime.timedelta(days=days_left))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


@contextmanager
def name_server(
    records: dict[tuple[str, str], list[str]], *, is_silent: bool = False
) -> Iterator[str]:
    """A DNS server over UDP that knows these records, {(name, type): values}; its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.05)
        ending = threading.Event()

        def answer() -> None:
            while not ending.is_set():
                try:
                    data, sender = sock.recvfrom(4096)
                except TimeoutError:
                    continue
                if is_silent:
                    continue
                query = dns.message.from_wire(data)
                reply = dns.message.make_response(query)
                reply.flags |= dns.flags.RA
                question = query.question[0]
                name, kind = (
                    question.name.to_text().rstrip("."),
                    dns.rdatatype.to_text(question.rdtype),
                )
                values = records.get((name, kind))
                if values:
                    reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
                elif not any(known == name for known, _ in records):
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                sock.sendto(reply.to_wire(), sender)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"127.0.0.1:{sock.getsockname()[1]}"
        finally:
            ending.set()
            thread.join()
