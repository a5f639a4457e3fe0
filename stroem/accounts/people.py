"""People who may sign in, and service accounts, as administrators see to them."""

import logging
import re
import uuid
from collections.abc import Sequence

from stroem.accounts.passwords import Passwords, weakness
from stroem.accounts.sessions import Sessions
from stroem.errors import BadRequest, Conflict, NotFound
from stroem.orchestrator.acts import initial_user_row
from stroem.store.accounts import accounts, one_time_tokens, sessions
from stroem.store.accounts.accounts import AccountKind, AccountRow, NewAccount
from stroem.store.audit.rows import add_rows_later
from stroem.store.database import Database

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_GROUPS = 100
_LONGEST_NAME = 200
_log = logging.getLogger(__name__)


class People:
    """Adds, changes and removes accounts. One administrator at least stays."""

    def __init__(self, database: Database, passwords: Passwords, own: Sessions) -> None:
        self._database = database
        self._passwords = passwords
        self._sessions = own

    async def add_user(
        self, email: str, name: str | None = None, groups: Sequence[str] = (), *, is_admin: bool = False
    ) -> AccountRow:
        """Adds a person without a password. Raises `BadRequest`, `Conflict`."""
        address = email_address(email)
        if address is None:
            raise BadRequest(message="The e-mail address is not valid: expected name@host")
        if name is not None and len(name) > _LONGEST_NAME:
            raise BadRequest(message=f"The name is too long: {_LONGEST_NAME} characters at most")
        new = NewAccount(kind="user", name=address, display_name=name or None, groups=groups, is_admin=is_admin)
        return await self._add(new)

    async def add_service(self, name: str, groups: Sequence[str] = ()) -> AccountRow:
        """Adds a service account. Raises `BadRequest`, `Conflict`."""
        if not _NAME.fullmatch(name):
            raise BadRequest(message="The name is not valid: 1 to 64 letters, digits, `_` and `-`")
        return await self._add(NewAccount(kind="service", name=name, groups=groups))

    async def add_initial_user(self, email: str, password: str) -> None:
        """Makes sure that the person of the settings is there, and an administrator; a password is set once only."""
        name = email.strip().lower()
        async with self._database.begin() as connection:
            found = await accounts.find_account(connection, "user", name)
            if found is not None and found.is_admin:
                return
            if found is not None:
                await accounts.set_admin(connection, found.id, is_admin=True)
                await add_rows_later(connection, [initial_user_row("user.admin", name)])
                return
        if reason := weakness(password, [name]):
            _log.warning(
                "the password of `auth.initial_user` should be another, change it after signing in: %s", reason
            )
        new = NewAccount(kind="user", name=name, is_admin=True, password_hash=await self._passwords.hashed(password))
        async with self._database.begin() as connection:
            if await accounts.add_account(connection, new) is not None:  # another server may have been faster
                await add_rows_later(connection, [initial_user_row("user.create", name)])

    async def are_there(self) -> bool:
        """Whether there is any person."""
        async with self._database.read() as connection:
            return await accounts.has_people(connection)

    async def set_groups(self, account_id: uuid.UUID, groups: Sequence[str]) -> None:
        """Replaces the groups of an account. Raises `BadRequest`, `NotFound`."""
        _check_groups(groups)
        async with self._database.begin() as connection:
            if not await accounts.set_groups(connection, account_id, groups):
                raise NotFound(kind="User", name=account_id)
        self._sessions.tell(account_id)

    async def set_admin(self, account_id: uuid.UUID, *, is_admin: bool, by: uuid.UUID | None) -> None:
        """Makes a person an administrator, or no longer one. Raises `BadRequest`, `Conflict`, `NotFound`."""
        if account_id == by and not is_admin:
            raise BadRequest(message="You cannot take your own rights of an administrator; another one can")
        async with self._database.begin() as connection:
            if not is_admin:
                _check_one_stays(await accounts.lock_admins(connection), account_id)
            account = await accounts.get_account(connection, account_id)
            if account is None or account.kind != "user":
                raise NotFound(kind="User", name=account_id)
            await accounts.set_admin(connection, account_id, is_admin=is_admin)
            await one_time_tokens.drop_tokens(connection, "password", account_id)
        self._sessions.tell(account_id)

    async def set_disabled(self, account_id: uuid.UUID, *, is_disabled: bool, by: uuid.UUID | None) -> None:
        """Keeps an account from signing in, or lets it again. Raises `BadRequest`, `Conflict`, `NotFound`."""
        if account_id == by:
            raise BadRequest(message="You cannot disable your own account; another administrator can")
        async with self._database.begin() as connection:
            if is_disabled:
                _check_one_stays(await accounts.lock_admins(connection), account_id)
                await sessions.end_sessions(connection, account_id)
                await one_time_tokens.drop_tokens(connection, "password", account_id)
            if not await accounts.set_disabled(connection, account_id, is_disabled=is_disabled):
                raise NotFound(kind="User", name=account_id)
        self._sessions.tell(account_id)

    async def delete(self, account_id: uuid.UUID, kind: AccountKind, *, by: uuid.UUID | None) -> None:
        """Deletes an account with its sessions and keys. Raises `BadRequest`, `Conflict`, `NotFound`."""
        if account_id == by:
            raise BadRequest(message="You cannot delete your own account; another administrator can")
        async with self._database.begin() as connection:
            _check_one_stays(await accounts.lock_admins(connection), account_id)
            account = await accounts.get_account(connection, account_id)
            if account is None or account.kind != kind:
                raise NotFound(kind="User" if kind == "user" else "Service account", name=account_id)
            await accounts.delete_account(connection, account_id)
        self._sessions.tell(account_id)

    async def _add(self, new: NewAccount) -> AccountRow:
        _check_groups(new.groups)
        async with self._database.begin() as connection:
            row = await accounts.add_account(connection, new)
        if row is None:
            raise Conflict(message=f"There is already an account {new.name!r}")
        return row


def email_address(text: str) -> str | None:
    """An e-mail address as accounts have it; None for what is none."""
    address = text.strip().lower()
    return address if _EMAIL.fullmatch(address) and address.isprintable() else None


def _check_groups(groups: Sequence[str]) -> None:
    if len(groups) > MOST_GROUPS:
        raise BadRequest(message=f"There are too many groups: {MOST_GROUPS} at most")
    if wrong := [name for name in groups if not _NAME.fullmatch(name)]:
        raise BadRequest(message=f"The group {wrong[0][:80]!r} is not valid: 1 to 64 letters, digits, `_` and `-`")


def _check_one_stays(admins: Sequence[uuid.UUID], account_id: uuid.UUID) -> None:
    if list(admins) == [account_id]:
        raise Conflict(message="This is the last administrator; make another account one first")
