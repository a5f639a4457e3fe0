"""Applies changes of the settings file to a running server."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import attrs
import watchfiles

from stroem.errors import SettingsError, StroemError
from stroem.records.event import NewEvent
from stroem.settings.loader import SettingsFile
from stroem.settings.reload import reload
from stroem.settings.server import ServerSettings
from stroem.store.batch_isolation import level_of

LOGGER = logging.getLogger(__name__)

_GROUP_MS = 1000
_STEP_MS = 100
_POLL_MS = 2000

Check = Callable[[ServerSettings], None]
Apply = Callable[[ServerSettings, ServerSettings], Awaitable[None]]
Report = Callable[[NewEvent], Awaitable[None]]


@attrs.frozen(kw_only=True)
class SettingsStatus:
    """State of the settings file: `error` is the reason why it is not in effect, `needs_restart` lists keys that take
    effect at the next start.
    """

    file: str
    error: str | None = None
    needs_restart: tuple[str, ...] = ()


class SettingsWatch:
    """Reads the settings file again when it changes, and hands what takes effect at once to `apply`, with the settings
    before and after. A file that cannot be used changes nothing, and is told to `report`.

    `check` raises `SettingsError` for settings that this server could not keep. When `apply` raises, it is called again
    at the next poll, two seconds later.
    """

    def __init__(
        self, file: SettingsFile, settings: ServerSettings, *, check: Check, apply: Apply, report: Report
    ) -> None:
        self._file = file
        self._check = check
        self._apply = apply
        self._report = report
        self._seen: str | None = None
        self.settings = settings
        self.status = SettingsStatus(file=str(file.path))

    async def run(self) -> None:
        """Watches until cancelled."""
        watching = asyncio.create_task(self._watch())
        try:
            while True:
                await self.poll()
                await self._file.asked.wait()
                self._file.asked.clear()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def poll(self) -> None:
        """Reads the file and applies it, if it has changed since the last poll."""
        digest = None
        try:
            data = await asyncio.to_thread(self._file.read)
            digest = hashlib.sha256(data).hexdigest()
            if digest == self._seen:
                return
            wanted = await asyncio.to_thread(self._file.settings, data)
            self._check(wanted)
        except SettingsError as error:
            self._seen = digest
            await self._refuse(str(error))
            return
        except Exception as error:  # a plugin's check, for example; the watch goes on
            self._seen = digest
            await self._refuse(f"They could not be checked: {type(error).__name__}", error)
            return
        if await self._take(wanted):
            self._seen = digest

    async def _take(self, wanted: ServerSettings) -> bool:
        """Whether the settings are in effect now, as far as they can be."""
        news = reload(self.settings, wanted)
        if news.changed:
            try:
                await self._apply(self.settings, news.settings)
            except Exception as error:
                said = str(error) if isinstance(error, StroemError) else type(error).__name__
                await self._refuse(f"They could not be put into effect, which is tried again: {said}", error)
                return False
            LOGGER.info("settings read again; changed: %s", ", ".join(news.changed))
        self.settings = news.settings
        if news.needs_restart and news.needs_restart != self.status.needs_restart:
            LOGGER.warning("settings that need a restart of the server: %s", ", ".join(news.needs_restart))
        was_wrong = self.status.error is not None
        self.status = attrs.evolve(self.status, error=None, needs_restart=news.needs_restart)
        if was_wrong:
            message = f"The settings file {self._file.path} is in effect again"
            await self._tell(NewEvent(kind="recovered", message=message, cause="settings"))
        return True

    async def _refuse(self, error: str, cause: Exception | None = None) -> None:
        """Logs and reports an error, once for each reason."""
        if error == self.status.error:
            return
        self.status = attrs.evolve(self.status, error=error)
        LOGGER.error("the settings stay as they are: %s", error, exc_info=cause)
        message = f"The settings file {self._file.path} is not in effect, those before stay: {error}"
        await self._tell(NewEvent(kind="failed", severity="error", message=message, cause="settings"))

    async def _tell(self, event: NewEvent) -> None:
        try:
            await self._report(event)
        except Exception as error:  # the status and the log say the same
            LOGGER.log(level_of(error), "an event of the settings could not be recorded", exc_info=error)

    async def _watch(self) -> None:
        """Requests a poll after each change around the file, and every two seconds."""
        told = False
        while True:
            try:
                folders = _folders(self._file.path)
                async for _ in watchfiles.awatch(
                    *folders,
                    watch_filter=lambda _, path: _is_of(self._file.path, Path(path)),
                    debounce=_GROUP_MS,
                    step=_STEP_MS,
                    rust_timeout=_POLL_MS,
                    yield_on_timeout=True,
                    recursive=False,
                ):
                    self._file.asked.set()
                    if _folders(self._file.path) != folders:
                        break
            except (OSError, RuntimeError) as error:
                if not told:
                    LOGGER.warning("no notifications of %s: %s; looking at intervals", self._file.path, error)
                told = True
                await asyncio.sleep(_POLL_MS / 1000)
                self._file.asked.set()


def _is_of(file: Path, path: Path) -> bool:
    """Whether what happened to a path may concern the file: itself, what it leads to, or the links that Kubernetes
    swaps, whose names begin with two dots.
    """
    return path.name in (file.name, file.resolve().name) or path.name.startswith("..")


def _folders(path: Path) -> list[Path]:
    """The folder of a file, and that of what it leads to when it is a link: files are replaced, not only written."""
    return sorted({path.absolute().parent, path.resolve().parent})
