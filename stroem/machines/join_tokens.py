"""Join tokens, with which workers get identities."""

from collections.abc import Callable, Iterator

import attrs

from stroem.errors import BadRequest, FieldError, NotFound
from stroem.protocol.worker_token import hash_of, new_join_token, prefix_of
from stroem.settings.server import name_problem
from stroem.store.database import Database
from stroem.store.machines import join_tokens
from stroem.store.machines.join_tokens import JoinTokenRow, NewJoinToken

_LONGEST_NAME = 100
_MOST_HOURS = 24 * 3650
_MOST_USES = 1_000_000
_MOST_ITEMS = 50
_LONGEST_ITEM = 100


@attrs.frozen(kw_only=True)
class WantedJoinToken:
    """A join token that somebody asks for.

    `uses` is how many workers may join with it, None for any number. `workspaces`, `tags` and `abilities` bound what
    these workers may run and offer; an empty list does not narrow.
    """

    name: str = ""
    expires_in_hours: int = 24
    uses: int | None = 1
    workspaces: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()


class JoinTokens:
    """Makes and revokes join tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(
        self, wanted: WantedJoinToken, by: str, abilities: frozenset[str], tell: Callable[[str], None]
    ) -> tuple[str, JoinTokenRow]:
        """A new join token, whose text is not kept, with its row. `tell` gets its prefix before it is there.

        `abilities` are those that this server knows. Raises `BadRequest`.
        """
        if mistakes := tuple(_mistakes(wanted, abilities)):
            told = "; ".join(f"{one.field}: {one.message}" for one in mistakes)
            raise BadRequest(message=f"The join token is not valid: {told}", fields=mistakes)
        while True:
            text = new_join_token()
            new = NewJoinToken(
                prefix=prefix_of(text),
                hash=hash_of(text),
                name=wanted.name.strip(),
                created_by=by,
                expires_in_secs=wanted.expires_in_hours * 3600,
                uses=wanted.uses,
                workspaces=wanted.workspaces,
                tags=wanted.tags,
                abilities=wanted.abilities,
            )
            tell(new.prefix)
            async with self._database.begin() as connection:
                row = await join_tokens.add_join_token(connection, new)
            if row is not None:  # else another token has the prefix, which is of 28 random bits
                return text, row

    async def listed(self) -> list[JoinTokenRow]:
        """The join tokens, the newest first."""
        async with self._database.read() as connection:
            return await join_tokens.list_join_tokens(connection)

    async def revoke(self, prefix: str) -> None:
        """Deletes a join token: nobody joins with it any more. Raises `NotFound`."""
        async with self._database.begin() as connection:
            if not await join_tokens.delete_join_token(connection, prefix):
                raise NotFound(kind="Join token", name=prefix)


def _mistakes(wanted: WantedJoinToken, abilities: frozenset[str]) -> Iterator[FieldError]:
    if len(wanted.name.strip()) > _LONGEST_NAME:
        yield FieldError(field="name", message=f"expected at most {_LONGEST_NAME} characters")
    if not 0 < wanted.expires_in_hours <= _MOST_HOURS:
        yield FieldError(field="expires_in_hours", message=f"expected 1 to {_MOST_HOURS} hours")
    if wanted.uses is not None and not 0 < wanted.uses <= _MOST_USES:
        yield FieldError(field="uses", message=f"expected 1 to {_MOST_USES} uses, or null for any number")
    for field in ("workspaces", "tags", "abilities"):
        items = getattr(wanted, field)
        if len(items) > _MOST_ITEMS or any(not one.strip() or len(one) > _LONGEST_ITEM for one in items):
            message = f"expected at most {_MOST_ITEMS} items of 1 to {_LONGEST_ITEM} characters"
            yield FieldError(field=field, message=message)
    for index, workspace in enumerate(wanted.workspaces[:_MOST_ITEMS]):
        if problem := name_problem(workspace):
            yield FieldError(field=f"workspaces[{index}]", message=problem)
    for index, ability in enumerate(wanted.abilities[:_MOST_ITEMS]):
        if ability not in abilities:
            message = f"is no ability; known are {', '.join(sorted(abilities))}"
            yield FieldError(field=f"abilities[{index}]", message=message)
