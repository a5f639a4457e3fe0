"""The identity of this worker: it joins once, and replaces its token from time to time."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import attrs

from stroem.definitions.backoff import Backoff
from stroem.errors import SettingsError
from stroem.protocol.reading import MessageUnreadable, read
from stroem.protocol.worker_token import IssuedToken, Join, Rotation, hash_of, new_worker_token
from stroem.settings.worker import WorkerSettings
from stroem.worker.files.identity_file import IdentityFile, StoredIdentity
from stroem.worker.http.client import Refused, ServerAway, ServerClient
from stroem.worker.steps.leftovers import installation_of

logger = logging.getLogger(__name__)

BACKOFF = Backoff(first_secs=1, longest_secs=60)
REFUSED_SECS = 600.0
"""The pause after a refused rotation. The other requests end a worker whose token is not good any more."""


class Identity:
    """The token that the worker bears: one of its own, or the shared one.

    Without a `join_token` in its settings, a worker bears the shared token, if these have one.
    """

    def __init__(self, client: ServerClient, settings: WorkerSettings, file: IdentityFile, worker_id: Path) -> None:
        """`worker_id` is the file with the id of the last run, which belongs to the identity of that run."""
        self._client = client
        self._settings = settings
        self._file = file
        self._worker_id = worker_id
        self._stored: StoredIdentity | None = None
        self.on_token: Callable[[str], None] = lambda _: None
        """Called with a new token before it is used."""

    @property
    def is_own(self) -> bool:
        """Whether the worker bears a token of its own."""
        return self._settings.join_token is not None or self._settings.worker_token is None

    @property
    def installation(self) -> str:
        """The name by which workers of the installation mark what they make in other systems."""
        if self._stored is not None and self._stored.installation:
            return self._stored.installation
        return installation_of(self._settings.worker_token or "")

    @property
    def tokens(self) -> list[str]:
        """All tokens that the worker knows, to mask them."""
        stored = self._stored
        own = () if stored is None else (stored.token, stored.next_token)
        return [one for one in (self._settings.worker_token, self._settings.join_token, *own) if one]

    @property
    def fault(self) -> str:
        """Where to look when the server refuses the token."""
        if not self.is_own:
            return "`worker_token`"
        if self._stored is None or self._stored.identity_id is None:
            return "`join_token`"
        return f"`join_token`: with a good one, and without the file {self._file.path}, the worker joins again"

    async def join(self) -> None:
        """Bears the stored token, or gets one; tries until the server answers. Raises `Refused`, `SettingsError`."""
        if not self.is_own:
            return
        stored = self._stored = self._file.read()
        if stored is None or stored.identity_id is None:
            if self._settings.join_token is None:
                raise SettingsError(
                    problems="join_token: is needed, or worker_token: this worker has no identity yet (it would be in "
                    f"{self._file.path})"
                )
            self._worker_id.unlink(missing_ok=True)
            stored = await self._joined(stored, self._settings.join_token)
        self._client.bear(stored.token)

    async def keep_fresh(self) -> None:
        """Replaces the token from time to time, until it is cancelled."""
        while self._stored is not None:
            await asyncio.sleep(max(0.0, self._stored.rotate_at - time.time()))
            try:
                await self._rotate(self._stored)
            except (Refused, SettingsError) as error:
                logger.warning("the token could not be replaced: %s", error)
                await asyncio.sleep(REFUSED_SECS)

    async def _joined(self, stored: StoredIdentity | None, join_token: str) -> StoredIdentity:
        """Gets an identity. The token is stored first: after a crash, the same request is sent again."""
        if stored is None:
            stored = StoredIdentity(token=new_worker_token())
            self._file.write(stored)
        wanted = Join(name=self._settings.worker_name, join_token=join_token, token_hash=hash_of(stored.token).hex())
        issued = await self._ask("/worker/join", wanted)
        logger.info("joined with the identity %s", issued.identity_id)
        return self._store(stored, issued)

    async def _rotate(self, stored: StoredIdentity) -> None:
        """Replaces the token. The new one is stored before the server hears of it, and used once that knows it."""
        if stored.next_token is None:
            stored = attrs.evolve(stored, next_token=new_worker_token())
            self._file.write(stored)
        token = stored.next_token
        assert token is not None
        self._stored = stored
        self.on_token(token)
        issued = await self._ask("/worker/token", Rotation(token_hash=hash_of(token).hex()))
        self._store(attrs.evolve(stored, token=token, next_token=None), issued)
        self._client.bear(token)
        logger.info("the token was replaced")

    async def _ask(self, path: str, message: Join | Rotation) -> IssuedToken:
        failures = 0
        while True:
            try:
                answer = await self._client.post(path, message)
                return read(answer, IssuedToken)
            except MessageUnreadable as error:
                problem = "the answer has no identity; is server_url the address of a Strøm server?"
                raise Refused(200, problem) from error
            except ServerAway as error:
                failures += 1
                logger.debug("%s; trying again", error)
                await asyncio.sleep(BACKOFF.secs(failures))

    def _store(self, stored: StoredIdentity, issued: IssuedToken) -> StoredIdentity:
        stored = attrs.evolve(
            stored,
            identity_id=str(issued.identity_id),
            installation=issued.installation,
            rotate_at=time.time() + issued.rotate_after_secs,
        )
        self._file.write(stored)
        self._stored = stored
        return stored
