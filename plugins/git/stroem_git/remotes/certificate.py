"""Verification of a host's TLS certificate before a connection through our own proxy.

Through a proxy libgit2 refuses a bad certificate too, but then waits for a connection that it has closed, until its
timeout.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable

GOOD_SECS = 300
_good: dict[tuple[str, int], float] = {}
_lock = threading.Lock()


def is_good(host: str, port: int, dial: Callable[[], socket.socket], ca_file: str | bytes | None) -> bool:
    """False when the host's certificate is not to be trusted; a good one is believed for five minutes.

    `ca_file` is used where Python knows no certificates. Raises OSError when the host cannot be reached.
    """
    with _lock:
        if _good.get((host, port), 0) > time.monotonic():
            return True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_default_verify_paths()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    try:
        with contextlib.closing(dial()) as plain, context.wrap_socket(plain, server_hostname=host):
            pass
    except ssl.SSLCertVerificationError:
        return False
    except ssl.SSLError:
        return True  # libgit2 says what is wrong
    with _lock:
        _good[(host, port)] = time.monotonic() + GOOD_SECS
    return True
