"""Proxy on loopback that connects to one host and port only.

libgit2 follows redirects to other ports of a host, and shows the credentials there. Its callbacks see no ports; a proxy
does.
"""

import base64
import contextlib
import re
import socket
import ssl
import threading
import time
import urllib.parse
import urllib.request

import pygit2

from stroem_git.remotes import certificate

_CONNECT = re.compile(rb"CONNECT ([^ \r\n]{1,300}) HTTP/1\.[01]\r\n")
_HEAD_BYTES = 16 * 1024
_PIECE_BYTES = 64 * 1024
_FINISH_SECS = 2


class ConnectProxy:
    """Proxy for connections to one `host` and `port`, through the proxy of the environment if set.

    `refused` is another place that was asked for, `error` why the right one could not be reached.
    """

    def __init__(self, host: str, port: int, timeout_secs: float) -> None:
        self.refused: str | None = None
        self.error: OSError | None = None
        self._place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._host, self._port, self._timeout = host, port, timeout_secs
        self._sockets: list[socket.socket] = []
        self._conversations: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True, name=f"git-proxy-{self._place}").start()

    @property
    def url(self) -> str:
        """The address of the proxy."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def finds_good_certificate(self) -> bool:
        """False when the certificate of the host is not to be trusted. Raises OSError when it cannot be reached."""
        return certificate.is_good(self._host, self._port, self._remote, pygit2.settings.ssl_cert_file)

    def finish(self) -> None:
        """Waits for the end of conversations that the client has closed; `refused` knows its last requests then."""
        until = time.monotonic() + _FINISH_SECS
        with self._starting:
            conversations = tuple(self._conversations)
        for conversation in conversations:
            conversation.join(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Ends all connections."""
        for one in (self._listening, *self._sockets):
            _close(one)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._sockets.append(client)
            conversation = threading.Thread(target=self._connect, args=(client,), daemon=True)
            with self._starting:
                self._conversations.append(conversation)
                conversation.start()

    def _connect(self, client: socket.socket) -> None:
        try:
            asked = _asked(client)
            if _plain(asked) != _plain(self._place):
                self.refused = asked
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            remote = self._remote()
            self._sockets.append(remote)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        except OSError as error:
            self.error = error
            _close(client)
            return
        threading.Thread(target=_pump, args=(remote, client), daemon=True).start()
        self._pump_guarded(client, remote)

    def _pump_guarded(self, client: socket.socket, remote: socket.socket) -> None:
        """Copies what the client sends. libgit2 asks for another place inside a connection that stands, in clear."""
        with contextlib.suppress(OSError):
            while piece := client.recv(_PIECE_BYTES):
                if found := _CONNECT.search(piece):
                    self.refused = found[1].decode("latin-1")
                    break
                with contextlib.suppress(OSError):  # a host that is gone; the client may still ask for another place
                    remote.sendall(piece)
        if self.refused is not None:
            _close(client)
        with contextlib.suppress(OSError):
            remote.shutdown(socket.SHUT_WR)

    def _remote(self) -> socket.socket:
        """A connection to the host, through the proxy of the environment if set."""
        proxy = None if urllib.request.proxy_bypass(self._host) else urllib.request.getproxies().get("https")
        if not proxy:
            return self._dial(self._host, self._port)
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        remote = self._dial(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        if parts.scheme == "https":
            remote = ssl.create_default_context().wrap_socket(remote, server_hostname=parts.hostname)
        head = f"CONNECT {self._place} HTTP/1.1\r\nHost: {self._place}\r\n"
        if parts.username:
            login = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            head += f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}\r\n"
        remote.sendall(f"{head}\r\n".encode())
        status = _head(remote).split(b" ", 2)[1:2]
        if status != [b"200"]:
            _close(remote)
            raise OSError(f"the proxy {parts.hostname} answers {b''.join(status).decode(errors='replace')}")
        return remote

    def _dial(self, host: str, port: int) -> socket.socket:
        remote = socket.create_connection((host, port), self._timeout)
        remote.settimeout(None)  # silence is noticed at the other end
        return remote


def _plain(place: str) -> str:
    """The address without the optional brackets of IPv6."""
    return place.lower().replace("[", "").replace("]", "")


def _asked(client: socket.socket) -> str:
    """The place that a client asks to be connected with."""
    found = _CONNECT.match(_head(client))
    if found is None:
        raise OSError("no connection was asked for")
    return found[1].decode("latin-1")


def _head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte or len(head) >= _HEAD_BYTES:
            raise OSError("the proxy broke off")
        head += byte
    return head


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copies bytes until one side ends, then shuts the other down for writing."""
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE_BYTES):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
