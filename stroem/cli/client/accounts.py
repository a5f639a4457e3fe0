"""Accounts by the names that people give them."""

from typing import TYPE_CHECKING, Any

from stroem.cli.client.pages import all_items
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import one_line
from stroem.cli.output.suggestion import suggestion

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

USERS = "users"
SERVICE_ACCOUNTS = "service-accounts"
Account = dict[str, Any]


async def find_user(client: "Client", text: str) -> Account:
    """The user with an e-mail address, an id, or a name that no other user has."""
    users = await all_items(client, USERS)
    wanted = text.strip().lower()
    if exact := [one for one in users if wanted in (one["email"], one["user_id"])]:
        return exact[0]
    named = [one for one in users if (one.get("name") or "").lower() == wanted]
    if len(named) > 1:
        addresses = ", ".join(one_line(one["email"]) for one in named)
        raise _refused(
            client, f"{len(named)} users have the name {text!r}: name one by the e-mail address, {addresses}"
        )
    if not named:
        near = suggestion(wanted, [one["email"] for one in users])
        raise _refused(client, f"No user has the e-mail address or name {text!r}.{near} List: stroem users list")
    return named[0]


async def find_service_account(client: "Client", name: str) -> Account:
    """The service account of a name."""
    accounts = await all_items(client, SERVICE_ACCOUNTS)
    found = next((one for one in accounts if one["name"] == name), None)
    if found is None:
        near = suggestion(name, [one["name"] for one in accounts])
        raise _refused(client, f"No service account has the name {name!r}.{near} List: stroem service-accounts list")
    return found


def name_of(account: Account) -> str:
    """The e-mail address of a user, or the name of a service account."""
    return str(account["email"] if "email" in account else account["name"])


def path_of(account: Account) -> tuple[str, str]:
    """The path of an account below `/api`."""
    if "user_id" in account:
        return USERS, str(account["user_id"])
    return SERVICE_ACCOUNTS, str(account["name"])


def _refused(client: "Client", message: str) -> Refused:
    return Refused(f"{message}\nServer: {client.address.url}")
