"""Threads for work that may hang: a few for each host, so that one host never takes those of another."""

import threading
from collections import deque
from collections.abc import Callable, Iterable

_AT_ONCE = 8

Job = Callable[[], None]


class HostThreads:
    """Bounded threads for each host: at most eight jobs at a time, first in, first out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[tuple[int, Job]]] = {}
        self._running: dict[str, int] = {}

    def add(self, host: str, number: int, job: Job) -> None:
        """Runs a job on a thread of its own, once a slot of its host is free."""
        with self._lock:
            if self._running.get(host, 0) >= _AT_ONCE:
                self._waiting.setdefault(host, deque()).append((number, job))
                return
            self._running[host] = self._running.get(host, 0) + 1
        threading.Thread(target=self._run, args=(host, job), daemon=True).start()

    def drop(self, host: str, number: int) -> bool:
        """Removes a waiting job; False if it had begun."""
        with self._lock:
            queue = self._waiting.get(host, deque())
            left = deque(item for item in queue if item[0] != number)
            dropped = len(left) < len(queue)
            if dropped:
                self._waiting[host] = left
        return dropped

    def waiting(self, host: str) -> Iterable[int]:
        """The numbers of the jobs of a host that have not begun."""
        with self._lock:
            return [number for number, _ in self._waiting.get(host, ())]

    def _run(self, host: str, job: Job) -> None:
        following: Job | None = job
        while following is not None:
            following()
            following = self._next(host)

    def _next(self, host: str) -> Job | None:
        with self._lock:
            queue = self._waiting.get(host)
            if queue:
                return queue.popleft()[1]
            self._waiting.pop(host, None)
            self._running[host] -= 1
            if not self._running[host]:
                del self._running[host]
            return None
