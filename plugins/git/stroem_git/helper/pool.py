"""The helper processes of this server: one for each set of things that libgit2 has one of in a process."""

import atexit
import threading
from collections.abc import Mapping
from typing import Any

import attrs

from stroem_git.helper.framing import Frame
from stroem_git.helper.process import HelperDied, HelperProcess

_TRIES = 2


@attrs.frozen(kw_only=True)
class Trust:
    """Trust settings and timeout of one helper process.

    `ca_bundle` replaces the system's certificates (with the time of its last change), `home` the user's folder with
    `.ssh/known_hosts`; the timeout is in seconds.
    """

    ca_bundle: str | None = None
    ca_changed_ns: int = 0
    home: str | None = None
    timeout_secs: float


class Helpers:
    """Starts helpers when they are needed, and again when they died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Trust, HelperProcess] = {}

    async def ask(self, trust: Trust, request: Mapping[str, Any], host: str) -> Frame:
        """The answer of a helper. Raises `HelperDied` after two helpers died over the request, and `Silent`."""
        for tries_left in reversed(range(_TRIES)):
            try:
                return await self._helper(trust).ask(request, host)
            except HelperDied:
                if not tries_left:
                    raise
        raise HelperDied

    def close(self) -> None:
        """Ends all helpers."""
        with self._lock:
            running = list(self._running.values())
            self._running.clear()
        for helper in running:
            helper.close()

    def processes(self) -> list[int]:
        """The ids of the helpers that run."""
        with self._lock:
            return [helper.process_id for helper in self._running.values() if helper.usable]

    def _helper(self, trust: Trust) -> HelperProcess:
        with self._lock:
            for other in [other for other, helper in self._running.items() if not helper.usable]:
                del self._running[other]
            helper = self._running.get(trust)
            if helper is None:
                helper = self._running[trust] = HelperProcess(attrs.asdict(trust))
            return helper


HELPERS = Helpers()
"""Shared by all sources: a process of its own for each would be too dear."""

atexit.register(HELPERS.close)
