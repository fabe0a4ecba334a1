"""Connections that end when their time is up, whatever the other side does.

A timeout of a single read is no limit: a server that sends one byte a second passes every one of them. So
each check has a `Watch` that shuts its socket when the whole time is used up. Name resolution can't be
interrupted; it runs in a thread that is left behind.
"""

import socket
import ssl
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from verascope.monitor.probes.probe import Failed

TOO_SLOW = "No whole answer within {seconds:g} seconds."

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]


class Watch:
    """The time that one check may take. Shuts the sockets it holds at the end of it, or when cut."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_cut = True
            for one in self._sockets:
                with suppress(OSError):
                    one.close()

    @property
    def is_over(self) -> bool:
        return self._is_cut or time.monotonic() >= self._until

    @property
    def left(self) -> float:
        """Seconds, above 0. Raises Failed when there are none."""
        left = self._until - time.monotonic()
        if left <= 0 or self._is_cut:
            raise self.too_slow()
        return left

    def too_slow(self) -> Failed:
        return Failed(TOO_SLOW.format(seconds=self.seconds))

    def hold(self, one: socket.socket) -> None:
        """Shut `one` with the rest. Raises Failed when it is too late for that."""
        with self._lock:
            if not self._is_cut:
                self._sockets.append(one)
                return
        one.close()
        raise self.too_slow()

    def cut(self) -> None:
        """End what is going on. From any thread."""
        with self._lock:
            self._is_cut = True
            for one in self._sockets:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


def resolve(host: str, port: int, watch: Watch) -> list[AddressInfo]:
    """The addresses of `host` as programs on this machine find them. Raises Failed."""
    with suppress(OSError, UnicodeError):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    found: list[list[AddressInfo] | str] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.append(error.strerror or str(error))
        except UnicodeError:
            found.append("not a host name")

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(watch.left)
    if not found:
        raise watch.too_slow()
    if isinstance(found[0], str):
        raise Failed(f"The name {host} can't be resolved: {found[0]}.")
    return found[0]


def dial(host: str, port: int, watch: Watch) -> socket.socket:
    """A connection to the first address of `host` that takes one, held by `watch`. Raises Failed."""
    trouble = "it has no address"
    for family, kind, protocol, _, address in resolve(host, port, watch):
        one = socket.socket(family, kind, protocol)
        watch.hold(one)
        one.settimeout(watch.left)
        try:
            one.connect(address)
        except OSError as error:
            if watch.is_over:
                raise watch.too_slow() from None
            trouble = (error.strerror or str(error)).lower()
            one.close()
            continue
        return one
    raise Failed(f"{host} port {port} can't be reached: {trouble}.")


def trust(verify: bool, ca_file: str | None) -> ssl.SSLContext:
    """Raises Failed when `ca_file` can't be used."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Failed(f"ca_file {ca_file} can't be used: {error}.") from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def secured(
    plain: socket.socket, context: ssl.SSLContext, server_name: str, watch: Watch
) -> ssl.SSLSocket:
    """TLS over `plain`. Raises Failed; ssl.SSLCertVerificationError when the certificate is not accepted."""
    plain.settimeout(watch.left)
    try:
        found = context.wrap_socket(
            plain, server_hostname=server_name, do_handshake_on_connect=False
        )
        # The plain one is an empty shell from here on.
        watch.hold(found)
        found.do_handshake()
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, ValueError) as error:
        if watch.is_over:
            raise watch.too_slow() from None
        raise Failed(f"TLS can't be agreed on: {said(error)}.") from None
    return found


def said(error: BaseException) -> str:
    """The first line of what an error says, as part of a sentence."""
    text = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    line = (str(text).strip() or type(error).__name__).splitlines()[0][:200]
    return line.rstrip(".")
