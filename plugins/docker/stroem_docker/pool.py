"""Containers of one kind that are kept ready."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count

from stroem.containers.agent_output import AgentOutput
from stroem.containers.to_the_end import to_the_end
from stroem.definitions.backoff import Backoff
from stroem.interfaces.runner import PoolPlace, StepOrder
from stroem_docker.container import Shape
from stroem_docker.engine import AWAY, Engine, reason
from stroem_docker.images import Images
from stroem_docker.marks import member_name
from stroem_docker.member import Member
from stroem_docker.member_folders import MemberFolders
from stroem_docker.options import Pull
from stroem_docker.pool_settings import PoolSettings
from stroem_docker.step_container import StepContainer

logger = logging.getLogger(__name__)

MAKERS = 2
"""Containers of a pool that are made at the same time; steps need the engine too."""

BACKOFF = Backoff(first_secs=1, longest_secs=60)
LOST_SECS = 1
"""Seconds until a container is replaced that ended without a step."""

RENEW_SECS = 60
"""Seconds between looks at whether the image is still the one that its name means."""


class Pool:
    """Keeps containers ready while `keep` runs.

    `shape` asks the runner what they are; it raises `RunnerFailed`. `names` gets their names, until they are removed.
    """

    def __init__(
        self,
        settings: PoolSettings,
        engine: Engine,
        images: Images,
        pull: Pull,
        shape: Callable[[PoolSettings], Awaitable[Shape]],
        names: set[str],
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._images = images
        self._pull = pull
        self._shape = shape
        self._names = names
        self._vacant = asyncio.Semaphore(settings.size)
        self._ready: list[Member] = []
        self._discarding: set[asyncio.Task[None]] = set()
        self._is_failing = False

    @property
    def ready(self) -> int:
        """The number of containers that wait for a step."""
        return len(self._ready)

    def take(self, shape: Shape, order: StepOrder) -> tuple[Member, bytes] | None:
        """A container for the step, and what makes it the step; whoever takes it discards it.

        Raises `RunnerFailed` for a step that cannot run.
        """
        for member in self._ready:
            if (message := member.message_for(shape, order)) is not None:
                self._ready.remove(member)
                self._vacant.release()
                return member, message
        return None

    async def keep(self, place: PoolPlace) -> None:
        """Makes a container whenever there is one too few, until it is cancelled; then it removes all."""
        self._vacant = asyncio.Semaphore(self._settings.size)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(MAKERS, self._settings.size)):
                    group.create_task(self._keep_making(place))
                group.create_task(self._keep_renewing())
        finally:
            while self._ready:
                self._discard(self._ready.pop())
            await to_the_end(self._all_discarded())

    async def _keep_making(self, place: PoolPlace) -> None:
        while True:
            await self._vacant.acquire()
            member = await self._make_in_time(place)
            self._ready.append(member)
            member.container.following.add_done_callback(partial(self._lost, member))

    async def _make_in_time(self, place: PoolPlace) -> Member:
        """Tries until there is a container."""
        for failures in count(1):
            try:
                member = await self._make(place)
            except AWAY as error:
                level = logging.DEBUG if self._is_failing else logging.WARNING
                image = self._settings.image
                logger.log(level, "no container of %s is kept ready, and it is tried again: %s", image, reason(error))
            except Exception:
                logger.exception("no container of %s is kept ready, and it is tried again", self._settings.image)
            else:
                self._is_failing = False
                return member
            self._is_failing = True
            await asyncio.sleep(BACKOFF.secs(failures))
        raise AssertionError("unreachable")

    async def _make(self, place: PoolPlace) -> Member:
        shape = await self._shape(self._settings)
        name, output = member_name(), AgentOutput()
        member = Member(
            shape=shape,
            place=place,
            folders=MemberFolders(
                root=place.folder / name,
                variables=frozenset(place.variables),
                with_workspace=shape.with_workspace,
            ),
            container=StepContainer(name=name, engine=self._engine, output=output),
            output=output,
            names=self._names,
        )
        self._names.add(name)
        try:
            await asyncio.to_thread(member.folders.make)
            options = self._settings.options
            await self._images.make(shape.image, self._pull, options.registry_auth, output.note, member.create)
            await member.start()
        except BaseException:
            await to_the_end(member.discard())
            raise
        return member

    async def _keep_renewing(self) -> None:
        """Replaces containers whose image was pulled or built anew since."""
        while True:
            await asyncio.sleep(RENEW_SECS)
            await self.renew()

    async def renew(self) -> None:
        """Discards the containers of an image that its name means no more."""
        try:
            found = await self._engine.ask(lambda client: client.inspect_image(self._settings.image))
        except AWAY as error:
            logger.debug("image %s: %s", self._settings.image, reason(error))
            return
        for member in [member for member in self._ready if member.image_id != found["Id"]]:
            self._ready.remove(member)
            self._vacant.release()
            self._discard(member)

    def _lost(self, member: Member, _: "asyncio.Task[None]") -> None:
        """Replaces a container that ended, or to which the connection did."""
        if member in self._ready:
            self._ready.remove(member)
            self._discard(member)
            asyncio.get_running_loop().call_later(LOST_SECS, self._vacant.release)

    def _discard(self, member: Member) -> None:
        task = asyncio.get_running_loop().create_task(member.discard())
        self._discarding.add(task)
        task.add_done_callback(self._discarding.discard)

    async def _all_discarded(self) -> None:
        if self._discarding:
            await asyncio.wait(self._discarding)
