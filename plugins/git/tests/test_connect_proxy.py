"""The proxy that keeps a conversation on one host and port."""

import socket
from collections.abc import Iterator

import pytest

from stroem_git.remotes.connect_proxy import ConnectProxy

ELSEWHERE = b"CONNECT other.example:443 HTTP/1.1\r\n\r\n"


@pytest.fixture
def host() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(60)
        yield listening


@pytest.fixture
def proxy(host: socket.socket) -> Iterator[ConnectProxy]:
    made = ConnectProxy("127.0.0.1", host.getsockname()[1], timeout_secs=60)
    yield made
    made.close()


def connected(proxy: ConnectProxy, host: socket.socket) -> tuple[socket.socket, socket.socket]:
    """Both ends of a conversation through the proxy."""
    client = socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=60)
    client.sendall(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % host.getsockname()[1])
    remote, _ = host.accept()
    assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    return client, remote


def test_bytes_go_both_ways(proxy, host):
    client, remote = connected(proxy, host)
    with client, remote:
        client.sendall(b"question")
        assert remote.recv(100) == b"question"
        remote.sendall(b"answer")
        assert client.recv(100) == b"answer"
        client.shutdown(socket.SHUT_WR)
        assert remote.recv(100) == b""
    proxy.finish()
    assert (proxy.refused, proxy.error) == (None, None)


@pytest.mark.parametrize("host_is_gone", [False, True])
def test_another_place_that_was_just_asked_for_is_known(proxy, host, host_is_gone):
    client, remote = connected(proxy, host)
    with client, remote:
        if host_is_gone:
            remote.close()
            assert client.recv(100) == b""
            client.sendall(b"the last of the conversation")
            client.sendall(b"which makes the second write fail")
        client.sendall(ELSEWHERE)
    proxy.finish()
    assert proxy.refused == "other.example:443"


@pytest.mark.slow("waits for a timeout or a retry")
def test_a_conversation_that_goes_on_is_waited_for_within_bounds(proxy, host):
    client, remote = connected(proxy, host)
    with client, remote:
        proxy.finish()
        assert (proxy.refused, proxy.error) == (None, None)
