"""Identities of workers: join, authentication, rotation of tokens, revocation."""

import hashlib
import re
import uuid
from collections.abc import Callable, Hashable, Iterable

import attrs
from cachetools import TTLCache

from stroem.errors import BadRequest, Forbidden, NotFound, Unauthorized
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.protocol.worker_token import IssuedToken, Join, hash_of
from stroem.store.database import Database
from stroem.store.machines import identities, join_tokens
from stroem.store.machines.identities import IdentityRow, ListedIdentity, NewIdentity
from stroem.store.statement import Connection

_CACHED = 10_000
_CACHED_SECS = 5.0
"""How long a revocation on another server may be unknown here, if its notification is lost."""
_LONGEST = 4096
_SHA256 = re.compile("[0-9a-f]{64}")
TOKEN_DAYS = 30
ROTATE_SECS = 24 * 3600.0


@attrs.frozen(kw_only=True)
class WorkerIdentity:
    """A worker that bears a token of its own. Empty tuples do not narrow what it may offer and run."""

    id: uuid.UUID
    name: str
    workspaces: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()

    def check_offer(self, capabilities: Iterable[str], tags: Iterable[str]) -> None:
        """Raises `Forbidden` for abilities and tags beyond those of the join token."""
        for what, setting, offered, allowed in (
            ("abilities", "capabilities", capabilities, self.abilities),
            ("tags", "tags", tags, self.tags),
        ):
            beyond = sorted(set(offered).difference(allowed)) if allowed else []
            if beyond:
                raise Forbidden(
                    message=f"The identity of worker {self.name!r} allows the {what} {', '.join(allowed)} only, not "
                    f"{', '.join(beyond)}: take that out of its `{setting}`, or let it join with another join token"
                )


class WorkerIdentities:
    """Finds out which worker bears a token.

    What it has found holds for five seconds, unless identities change. Changes on this server are seen at once, those
    of others when their notification comes. `shared_token` is that of workers without an identity, if there is one;
    what these mark in other systems is known to all.
    """

    def __init__(self, database: Database, notifier: Notifier, key: bytes, shared_token: str | None) -> None:
        self._database = database
        self._notifier = notifier
        marked_by = f"stroem-installation:{shared_token}".encode() if shared_token else b"stroem-installation\0" + key
        self._installation = hashlib.sha256(marked_by).hexdigest()[:16]
        self._found: TTLCache[Hashable, WorkerIdentity] = TTLCache(_CACHED, _CACHED_SECS)
        self._version = 0
        notifier.on_publish(self._hear)
        notifier.on_receive(self._hear)

    async def of(self, token: str, tell: Callable[[str], None] = lambda _: None) -> WorkerIdentity:
        """The identity of a worker by its token, whose first use ends the former one.

        `tell` gets its name before a token of it is refused. Raises `Unauthorized`.
        """
        if len(token) > _LONGEST:
            raise Unauthorized(message="Invalid worker token")
        digest = hash_of(token)
        if (known := self._found.get(digest)) is not None:
            return known
        version = self._version
        async with self._database.read() as connection:
            found = await identities.find_token(connection, digest)
            if found is None:
                raise Unauthorized(message="Invalid worker token")
            row, identity = found
            tell(identity.name)
            _check_not_revoked(identity)
            if row.replaced_at is not None:
                raise Unauthorized(
                    message=f"This token of worker {identity.name!r} was replaced by a newer one, which something else "
                    "uses: revoke the identity if that is not the same worker"
                )
            if row.is_expired:
                raise Unauthorized(
                    message=f"The token of worker {identity.name!r} expired at {row.expires_at:%Y-%m-%d %H:%M} UTC"
                )
            is_first = row.used_at is None and await identities.note_first_use(connection, identity.id, digest)
        if is_first:
            self._tell(identity.id)
            version = self._version
        made = _identity(identity)
        if version == self._version:
            self._found[digest] = made
        return made

    async def join(self, wanted: Join, tell: Callable[[], None] = lambda: None) -> IssuedToken:
        """Makes an identity, or finds the one that the same request has made before.

        `tell` is called once it is the worker's, before that is committed: until then its name is anybody's word.
        Raises `Unauthorized`.
        """
        digest = _digest(wanted.token_hash)
        async with self._database.begin() as connection:
            token = await join_tokens.find_join_token(connection, hash_of(wanted.join_token))
            if token is None:
                raise Unauthorized(message="Invalid join token: it is unknown or was revoked")
            if (known := await identities.find_token(connection, digest)) is not None:
                if known[1].join_token != token.prefix or known[0].used_at is not None:
                    raise Unauthorized(message="Invalid join token: the token of the worker is known already")
                _check_not_revoked(known[1])
                tell()
                return await self._issued(connection, known[1].id)
            if not await join_tokens.use_join_token(connection, token.prefix):
                why = "is used up" if token.uses_left == 0 else f"expired at {token.expires_at:%Y-%m-%d %H:%M} UTC"
                raise Unauthorized(message=f"The join token {token.prefix} {why}: make another one")
            tell()
            new = NewIdentity(
                id=uuid.uuid4(),
                name=wanted.name,
                join_token=token.prefix,
                workspaces=token.workspaces,
                tags=token.tags,
                abilities=token.abilities,
            )
            await identities.add_identity(connection, new)
            await identities.add_token(connection, new.id, digest, TOKEN_DAYS)
            return await self._issued(connection, new.id)

    async def rotate(self, identity: WorkerIdentity, token_hash: str) -> IssuedToken:
        """Takes the hash of the next token. The present one is good until that is used. Raises `Unauthorized`."""
        digest = _digest(token_hash)
        async with self._database.begin() as connection:
            row = await identities.get_identity(connection, identity.id)
            if row is None:
                raise Unauthorized(message="Invalid worker token")
            _check_not_revoked(row)
            await identities.drop_unused_tokens(connection, identity.id, but=digest)
            if not await identities.add_token(connection, identity.id, digest, TOKEN_DAYS):
                known = await identities.find_token(connection, digest)
                if known is None or known[1].id != identity.id or known[0].used_at is not None:
                    raise BadRequest(message="The next token of a worker must be a new one")
            return await self._issued(connection, identity.id)

    async def listed(self) -> list[ListedIdentity]:
        """The identities by name."""
        async with self._database.read() as connection:
            return await identities.list_identities(connection)

    async def are_in_use(self) -> bool:
        """Whether there are identities that were not revoked."""
        async with self._database.read() as connection:
            return await identities.are_there(connection)

    async def revoke(
        self, identity_id: uuid.UUID, by: str, tell: Callable[[str], None] = lambda _: None
    ) -> tuple[IdentityRow, int]:
        """Ends an identity, and the leases of its workers; returns it and their number.

        `tell` gets its name before that. Raises `NotFound`.
        """
        async with self._database.begin() as connection:
            row = await identities.get_identity(connection, identity_id)
            if row is None:
                raise NotFound(kind="Identity", name=identity_id)
            tell(row.name)
            ended = await identities.revoke_identity(connection, identity_id, by)
        self._tell(identity_id, frozenset(ended))
        return row, len(ended)

    async def _issued(self, connection: Connection, identity_id: uuid.UUID) -> IssuedToken:
        return IssuedToken(
            identity_id=identity_id,
            installation=await identities.installation_name(connection, self._installation),
            rotate_after_secs=ROTATE_SECS,
            expires_after_secs=TOKEN_DAYS * 24 * 3600.0,
        )

    def _tell(self, identity_id: uuid.UUID, workers: frozenset[uuid.UUID] = frozenset()) -> None:
        self._notifier.publish(Notification(accounts=frozenset({identity_id}), workers=workers))

    def _hear(self, notification: Notification) -> None:
        if notification.accounts or notification.is_cut:
            self._version += 1
            self._found.clear()


def _identity(row: IdentityRow) -> WorkerIdentity:
    return WorkerIdentity(
        id=row.id,
        name=row.name,
        workspaces=tuple(row.workspaces),
        tags=tuple(row.tags),
        abilities=tuple(row.abilities),
    )


def _check_not_revoked(row: IdentityRow) -> None:
    if row.revoked_at is not None:
        raise Unauthorized(
            message=f"The identity of worker {row.name!r} was revoked by {row.revoked_by} at "
            f"{row.revoked_at:%Y-%m-%d %H:%M} UTC"
        )


def _digest(text: str) -> bytes:
    if not _SHA256.fullmatch(text):
        raise BadRequest(message="`token_hash` must be a SHA-256 in hexadecimal digits")
    return bytes.fromhex(text)
