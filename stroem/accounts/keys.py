"""API keys of people and service accounts."""

import ipaddress
import uuid
from collections.abc import Callable, Sequence

import attrs

from stroem.accounts.random_tokens import hash_of, new_api_key, prefix_of
from stroem.accounts.sessions import Sessions
from stroem.errors import BadRequest, Conflict, FieldError, NotFound
from stroem.rights.rules import verbs_of
from stroem.store.accounts import api_keys
from stroem.store.accounts.api_keys import ApiKeyRow, NewApiKey
from stroem.store.database import Database

_LONGEST_NAME = 100
_MOST_DAYS = 3650
_MOST_KEYS = 100
_MOST_ITEMS = 20
_LONGEST_ITEM = 100


@attrs.frozen(kw_only=True)
class WantedKey:
    """An API key that somebody asks for.

    `addresses` are addresses or networks that may use it; `workspaces` and `tasks` are patterns with `*`, `verbs` are
    what it may be used for. An empty list does not narrow.
    """

    name: str
    expires_in_days: int | None = None
    workspaces: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class ApiKeys:
    """Makes and deletes API keys."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    async def make(
        self, account_id: uuid.UUID, wanted: WantedKey, tell: Callable[[str], None] = lambda _: None
    ) -> tuple[str, ApiKeyRow]:
        """A new key, whose text is not kept, with its row. `tell` gets its prefix before it is there.

        Raises `BadRequest`, and `Conflict` for an account that has too many.
        """
        name = wanted.name.strip()
        mistakes = [*_mistakes(name, wanted)]
        if mistakes:
            told = "; ".join(f"{one.field}: {one.message}" for one in mistakes)
            raise BadRequest(message=f"The API key is not valid: {told}", fields=tuple(mistakes))
        while True:
            text = new_api_key()
            new = NewApiKey(
                prefix=prefix_of(text),
                hash=hash_of(text),
                name=name,
                expires_in_days=wanted.expires_in_days,
                workspaces=wanted.workspaces,
                tasks=wanted.tasks,
                verbs=wanted.verbs,
                addresses=[str(ipaddress.ip_network(one, strict=False)) for one in wanted.addresses],
            )
            tell(new.prefix)
            async with self._database.begin() as connection:
                if await api_keys.count_api_keys(connection, account_id) >= _MOST_KEYS:
                    raise Conflict(message=f"An account has at most {_MOST_KEYS} API keys; delete one first")
                row = await api_keys.add_api_key(connection, account_id, new)
            if row is not None:  # else another key has the prefix, which is of 28 random bits
                return text, row

    async def delete(self, account_id: uuid.UUID, prefix: str) -> None:
        """Deletes a key of an account. Raises `NotFound`."""
        async with self._database.begin() as connection:
            if not await api_keys.delete_api_key(connection, account_id, prefix):
                raise NotFound(kind="API key", name=prefix)
        self._sessions.tell(account_id)


def _mistakes(name: str, wanted: WantedKey) -> Sequence[FieldError]:
    found = []
    if not name or len(name) > _LONGEST_NAME:
        found.append(FieldError(field="name", message=f"expected 1 to {_LONGEST_NAME} characters"))
    days = wanted.expires_in_days
    if days is not None and not 0 < days <= _MOST_DAYS:
        found.append(FieldError(field="expires_in_days", message=f"expected 1 to {_MOST_DAYS} days"))
    for field in ("workspaces", "tasks", "verbs", "addresses"):
        items = getattr(wanted, field)
        if len(items) > _MOST_ITEMS or any(not one or len(one) > _LONGEST_ITEM for one in items):
            message = f"expected at most {_MOST_ITEMS} items of 1 to {_LONGEST_ITEM} characters"
            found.append(FieldError(field=field, message=message))
    for index, verb in enumerate(wanted.verbs[:_MOST_ITEMS]):
        if not verbs_of([verb]):
            message = "is no verb, and no pattern of verbs; GET /api/auth/verbs lists them"
            found.append(FieldError(field=f"verbs[{index}]", message=message))
    for index, address in enumerate(wanted.addresses[:_MOST_ITEMS]):
        if not _is_network(address):
            message = "expected an address such as 192.0.2.7 or a network such as 192.0.2.0/24"
            found.append(FieldError(field=f"addresses[{index}]", message=message))
    return found


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
