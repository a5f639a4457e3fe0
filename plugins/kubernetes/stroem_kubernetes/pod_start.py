"""The time from the making of a pod to the start of its main container."""

import asyncio
import contextlib

import attrs

from stroem.interfaces.runner import OutputWriter, RunnerFailed, RunnerLost
from stroem_kubernetes.pod_state import Obstacle, failure_of, has_started, obstacle_of
from stroem_kubernetes.pod_watch import PodWatch, WatchedPod


@attrs.frozen(kw_only=True)
class Bounds:
    """Seconds for what may take time; see `KubernetesRunner`."""

    pending_secs: float
    back_off_secs: float
    unschedulable_secs: float
    away_secs: float
    collect_secs: float

    def check_away(self, watch: PodWatch) -> None:
        """Raises `RunnerFailed` when the API server has been away for too long."""
        secs, why = watch.away_for()
        if secs > self.away_secs:
            raise RunnerLost(
                f"The API server of Kubernetes went away while the step ran, and was away for {secs:.0f} s: {why}"
            )


@attrs.define(eq=False)
class PodStart:
    """Waits for the start, and tells in the step's log what it waits for."""

    watched: WatchedPod
    watch: PodWatch
    bounds: Bounds
    output: OutputWriter
    _obstacle: Obstacle | None = attrs.field(default=None, init=False)
    _since: float = attrs.field(default=0.0, init=False)

    async def wait(self) -> None:
        """Waits. Raises `RunnerFailed` for a pod that cannot start, or does not within the bounds."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        while True:
            self.watched.changed.clear()
            pod = self.watched.document or {}
            if failure := failure_of(pod):
                raise failure
            if has_started(pod):
                return
            if self.watched.is_gone or pod.get("metadata", {}).get("deletionTimestamp"):
                raise RunnerFailed("The pod of the step was deleted before it started.")
            self.bounds.check_away(self.watch)
            await self._note(obstacle_of(pod), clock())
            left = self._left(begun, clock())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.watched.changed.wait()

    async def _note(self, found: Obstacle | None, now: float) -> None:
        known = self._obstacle
        if found is None or (known is not None and known.kind == found.kind):
            if found is None or "Back-off" not in found.text:
                self._obstacle = found
            return
        self._obstacle, self._since = found, now
        if found.is_final:
            raise RunnerFailed(f"The pod cannot start: {found.text}")
        await self.output.note(f"The pod waits: {found.text}")

    def _left(self, begun: float, now: float) -> float:
        """Seconds until a bound is reached. Raises `RunnerFailed` when it is."""
        obstacle = self._obstacle
        if obstacle is None:
            left, most, why = begun + self.bounds.pending_secs - now, self.bounds.pending_secs, ""
        else:
            most = self.bounds.unschedulable_secs if obstacle.kind == "unschedulable" else self.bounds.back_off_secs
            left, why = self._since + most - now, f": {obstacle.text}"
        if left <= 0:
            raise RunnerFailed(f"The pod did not start within {most:.0f} s{why}")
        return left
