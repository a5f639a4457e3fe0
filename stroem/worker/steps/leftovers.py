"""What killed workers have left in the systems of runners, and the folders of ended jobs."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial

from stroem.definitions.backoff import Backoff
from stroem.interfaces.runner import LeftoverRunner, RunnerFailed, StepMark, VolumeKeeper
from stroem.protocol.reading import MessageUnreadable, read
from stroem.protocol.steps import RunningAttempt, RunningAttempts
from stroem.protocol.volumes import Volumes
from stroem.worker.http.client import Refused, ServerAway, ServerClient

PATH = "/worker/steps/running"
VOLUMES_PATH = "/worker/volumes/ended"
MOST_ASKED = 500
"""Folders in one request."""

PAUSES = Backoff(first_secs=2, longest_secs=60)
"""Pauses between looks: at the start they are short, since the server then ends the steps of the last run."""

logger = logging.getLogger(__name__)


def installation_of(worker_token: str) -> str:
    """A name of the installation of Strøm that the token belongs to, which does not tell the token."""
    return hashlib.sha256(f"stroem-installation:{worker_token}".encode()).hexdigest()[:16]


class Leftovers:
    """Removes what attempts have left that nobody runs any more: those of this worker's last run, and of others.

    So it does with the folders that steps of a job have shared, once no job needs them.
    """

    def __init__(
        self,
        client: ServerClient,
        runners: Callable[[], Sequence[LeftoverRunner]],
        keepers: Callable[[], Sequence[VolumeKeeper]],
        installation: str,
    ) -> None:
        """`runners` and `keepers` give those whose system is there now."""
        self._client = client
        self._runners = runners
        self._keepers = keepers
        self._installation = installation

    async def keep_removing(self) -> None:
        """Looks again and again until it is cancelled."""
        looks = 0
        while True:
            await self.remove()
            looks += 1
            await asyncio.sleep(PAUSES.secs(looks))

    async def remove(self) -> None:
        """Removes the leftovers that there are now. One runner that fails keeps no other from it."""
        works = [
            *(partial(self._remove_of, runner) for runner in self._runners()),
            *(partial(self._remove_volumes_of, keeper) for keeper in self._keepers()),
        ]
        for work in works:
            try:
                await work()
            except (RunnerFailed, ServerAway, Refused, MessageUnreadable) as error:
                logger.debug("leftovers: %s", error)
            except Exception:
                logger.exception("leftovers of a runner were not removed")

    async def _remove_of(self, runner: LeftoverRunner) -> None:
        found = await runner.leftovers(self._installation)
        if not found:
            return
        running = await self._running(found)
        for mark in found:
            if (mark.job_id, mark.step_id, mark.attempt) not in running:
                logger.info("removing what attempt %d of a step of job %s has left", mark.attempt, mark.job_id)
                await runner.remove(mark)

    async def _remove_volumes_of(self, keeper: VolumeKeeper) -> None:
        """Removes the folders that no job needs any more. One that cannot be removed keeps no other."""
        found = tuple(await keeper.volumes(self._installation))
        for first in range(0, len(found), MOST_ASKED):
            asked = Volumes(volumes=found[first : first + MOST_ASKED])
            answer = read(await self._client.post(VOLUMES_PATH, asked), Volumes)
            for volume in answer.volumes:
                try:
                    await keeper.remove_volume(self._installation, volume)
                except RunnerFailed as error:
                    logger.warning("the folder of job %s is still there, and is tried again: %s", volume, error)

    async def _running(self, marks: Collection[StepMark]) -> set[tuple[object, int, int]]:
        asked = [RunningAttempt(job_id=mark.job_id, step_id=mark.step_id, attempt=mark.attempt) for mark in marks]
        answer = read(await self._client.post(PATH, RunningAttempts(steps=tuple(asked))), RunningAttempts)
        return {(step.job_id, step.step_id, step.attempt) for step in answer.steps}
