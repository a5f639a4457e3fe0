"""The log of a step's container, followed to its end."""

import asyncio
import contextlib
import logging
from contextlib import aclosing

import attrs

from stroem.definitions.backoff import Backoff
from stroem.interfaces.runner import OutputWriter, RunnerLost, Stream
from stroem_kubernetes.cluster import REFUSED_SECS, Cluster, ClusterAway, ClusterRefused
from stroem_kubernetes.container import MAIN
from stroem_kubernetes.log_position import LogPosition

logger = logging.getLogger(__name__)

PAUSES = Backoff(first_secs=0.1, longest_secs=5)


@attrs.define(eq=False)
class ContainerLog:
    """The log, or one stream of it, passed on to the output of the step.

    `stream` is what is asked of Kubernetes, None for both streams as they came; then all counts as standard output.
    """

    cluster: Cluster
    namespace: str
    name: str
    output: OutputWriter
    stream: str | None
    _position: LogPosition = attrs.field(factory=LogPosition, init=False)

    async def follow(self, ended: asyncio.Event, away_secs: float) -> None:
        """Passes the log on until the container has ended, and begins again after lost connections.

        What comes after the end is read once more by itself: a connection may have been lost at the same moment.
        Raises what the output raises, and `RunnerLost` when the rest cannot be read for `away_secs`.
        """
        clock = asyncio.get_running_loop().time
        failures, away_since = 0, None
        while True:
            is_last = ended.is_set()
            try:
                got = await self._read(follow=not is_last)
                if is_last:
                    return
                failures, away_since = 0 if got else failures + 1, None
            except (ClusterAway, ClusterRefused) as error:
                logger.debug("log of pod %s: %s", self.name, error)
                if is_last and isinstance(error, ClusterRefused) and not error.may_pass:
                    return
                failures += 1
                away_since = clock() if away_since is None else away_since
                most_secs = REFUSED_SECS if isinstance(error, ClusterRefused) else away_secs
                if is_last and clock() - away_since > most_secs:
                    raise RunnerLost(f"The rest of the step's log cannot be read: {error}") from error
            await _pause(failures, ended)

    async def _read(self, *, follow: bool) -> bool:
        """Reads once from the known position; whether anything came."""
        self._position.restart()
        got = False
        log = self.cluster.log(
            self.namespace, self.name, MAIN, since=self._position.since, follow=follow, stream=self.stream
        )
        async with aclosing(log) as pieces:
            async for data in pieces:
                got = True
                for new in self._position.take(data):
                    await self.output.write(self._target, new)
        return got

    @property
    def _target(self) -> Stream:
        return "stderr" if self.stream == "Stderr" else "stdout"


async def _pause(failures: int, ended: asyncio.Event) -> None:
    """Waits, but not longer than for the end of the container. After that only failures are waited for."""
    secs = PAUSES.secs(max(failures, 1))
    if not ended.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(secs):
                await ended.wait()
    elif failures:
        await asyncio.sleep(secs)
