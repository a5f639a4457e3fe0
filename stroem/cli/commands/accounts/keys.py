"""`stroem keys`: API keys of one's own account and of service accounts."""

from typing import Any

import click

from stroem.accounts.random_tokens import prefix_of
from stroem.cli.client.accounts import SERVICE_ACCOUNTS, find_service_account
from stroem.cli.client.caller import Caller
from stroem.cli.commands.accounts.common import Callback, signing_in, tell
from stroem.cli.output.errors import Refused
from stroem.cli.output.key_table import print_keys
from stroem.cli.output.output import echo, one_line, print_json, shown_time
from stroem.cli.output.suggestion import suggestion
from stroem.cli.program.confirmation import confirm, yes_option
from stroem.cli.program.ordered_group import OrderedGroup

_LONGEST_DAYS = 3650
_OWN = ("auth", "api-keys")


def _owner_option(callback: Callback) -> Callback:
    """Adds `--service-account`; the command receives it as `service`, None for one's own keys."""
    return click.option(
        "--service-account", "service", metavar="NAME", help="Keys of this service account instead of your own."
    )(callback)


@click.group("keys", cls=OrderedGroup)
def command() -> None:
    """List, make and revoke API keys, of your own account or of a service account.

    KEY is the beginning of a key, as in the list.

    \b
    Examples:
      stroem keys create nightly --days 90 --verb job.run --workspace main
      stroem keys create pipeline --service-account ci > key.txt
      stroem keys revoke strm_1f0c9a2
    """


@command.command("list")
@_owner_option
@signing_in
def list_keys(caller: Caller, service: str | None, as_json: bool) -> None:
    """List API keys, the newest first, with what narrows them.

    \b
    Examples:
      stroem keys list
      stroem keys list --service-account ci
    """
    print_keys(_keys(caller, service), as_json=as_json)


@command.command("create")
@click.argument("name", metavar="NAME")
@_owner_option
@click.option(
    "--days", type=click.IntRange(1, _LONGEST_DAYS), metavar="N", help="Days until it expires.  [default: never]"
)
@click.option("--workspace", "workspaces", multiple=True, metavar="PATTERN", help="It is good for this one only.")
@click.option("--task", "tasks", multiple=True, metavar="PATTERN", help="It is good for this task only.")
@click.option("--verb", "verbs", multiple=True, metavar="VERB", help="It is good for this verb only, or a pattern.")
@click.option("--address", "addresses", multiple=True, metavar="NETWORK", help="It is good from this address only.")
@signing_in
def create(
    caller: Caller,
    name: str,
    service: str | None,
    days: int | None,
    workspaces: tuple[str, ...],
    tasks: tuple[str, ...],
    verbs: tuple[str, ...],
    addresses: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make an API key. It is shown this once, alone on stdout.

    NAME tells what it is for. --workspace, --task, --verb and --address may be given several times; without them, the
    key may do what its owner may. In patterns, * stands for any characters.

    \b
    Examples:
      stroem keys create nightly --days 90 --verb job.run --verb '*.read' --workspace main
      stroem keys create pipeline --service-account ci --address 192.0.2.0/24 > key.txt
    """
    wanted = {
        "name": name,
        "expires_in_days": days,
        "workspaces": workspaces,
        "tasks": tasks,
        "verbs": verbs,
        "addresses": addresses,
    }
    run, path = (caller.manage, _path(service)) if service else (caller.own, _OWN)
    made: dict[str, Any] = run(lambda client: client.post(*path, body=wanted))
    if as_json:
        print_json(made)
        return
    echo(made["key"])
    until = f"good until {shown_time(made['expires_at'])}" if made["expires_at"] else "it does not expire"
    echo(f"API key {made['prefix']}, {until}. It is not shown again.", err=True)


@command.command("revoke")
@click.argument("key", metavar="KEY")
@_owner_option
@yes_option
@signing_in
def revoke(caller: Caller, key: str, service: str | None, yes: bool, as_json: bool) -> None:
    """Revoke an API key: it is refused from the next request on, and deleted.

    \b
    Examples:
      stroem keys revoke strm_1f0c9a2
      stroem keys revoke strm_77d0e1b --service-account ci --yes
    """
    prefix = prefix_of(key)
    if not yes:
        confirm(f"Revoke the API key {one_line(prefix)}?", "No API key was revoked")
    if service:
        _check_known(caller, service, prefix)
        caller.manage(lambda client: client.delete(*_path(service), prefix))
    else:
        caller.own(lambda client: client.delete(*_OWN, prefix), prefix=prefix)
    tell({"status": "revoked", "prefix": prefix}, f"API key {prefix} was revoked", as_json=as_json)


def _keys(caller: Caller, service: str | None) -> list[dict[str, Any]]:
    if service is None:
        own: list[dict[str, Any]] = caller.own(lambda client: client.get(*_OWN))
        return own
    found: list[dict[str, Any]] = caller.read(lambda client: find_service_account(client, service))["keys"]
    return found


def _check_known(caller: Caller, service: str, prefix: str) -> None:
    """Raises `Refused` for a key that the service account does not have, before anybody signs in for it."""
    known = [one["prefix"] for one in _keys(caller, service)]
    if prefix not in known:
        near = suggestion(prefix, known)
        raise Refused(
            f"The service account {service!r} has no API key {prefix!r}.{near} "
            f"List: stroem keys list --service-account {service}\nServer: {caller.address.url}"
        )


def _path(service: str) -> tuple[str, str, str]:
    return (SERVICE_ACCOUNTS, service, "api-keys")
