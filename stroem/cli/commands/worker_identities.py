"""Commands of `stroem workers` for join tokens and identities."""

import json
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import echo, print_json, print_table, shown_time
from stroem.cli.output.suggestion import suggestion
from stroem.cli.program.options import Address, json_output, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_BOUNDS = ("workspaces", "tags", "abilities")


@click.command("create-join-token")
@click.option("--name", default="", metavar="TEXT", help="What it is for, for those who look at it later.")
@click.option("--hours", type=click.IntRange(min=1), default=24, show_default=True, help="How long it is good.")
@click.option("--uses", type=click.IntRange(min=1), default=1, show_default=True, help="How many workers may join.")
@click.option("--any-number", is_flag=True, help="Any number of workers may join.")
@click.option("--workspace", "workspaces", multiple=True, metavar="NAME", help="They get steps of this one only.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="They may have this tag only.")
@click.option("--ability", "abilities", multiple=True, metavar="NAME", help="They may offer this ability only.")
@remote
@json_output
def create_join_token(
    address: Address,
    name: str,
    hours: int,
    uses: int,
    any_number: bool,
    workspaces: tuple[str, ...],
    tags: tuple[str, ...],
    abilities: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a join token. It is shown this once.

    --workspace, --tag and --ability may be given several times; without them, nothing is bounded.

    \b
    Example:
      stroem workers create-join-token --name "build farm" --uses 10 --workspace main --ability script
    """
    wanted = {
        "name": name,
        "expires_in_hours": hours,
        "uses": None if any_number else uses,
        "workspaces": workspaces,
        "tags": tags,
        "abilities": abilities,
    }
    made = run_with_client(address, lambda client: client.post("workers", "join-tokens", body=wanted))
    if as_json:
        print_json(made)
        return
    echo(f"join_token: {json.dumps(made['token'])}")
    echo(f"Set this in the settings of {_workers(made)} before {shown_time(made['expires_at'])}.", err=True)
    echo("It is not shown again.", err=True)


@click.command("join-tokens")
@remote
@json_output
def join_tokens(address: Address, as_json: bool) -> None:
    """List join tokens.

    \b
    Example:
      stroem workers join-tokens
    """
    tokens = run_with_client(address, lambda client: client.get("workers", "join-tokens"))
    if as_json:
        print_json(tokens)
        return
    if not tokens:
        echo("No join tokens. Make one with: stroem workers create-join-token")
        return
    print_table(
        ("TOKEN", "NAME", "BY", "USES", "LEFT", "GOOD UNTIL", "WORKSPACES", "TAGS", "ABILITIES"),
        [
            (
                one["prefix"],
                one["name"] or "-",
                one["created_by"],
                str(one["uses"]),
                "any" if one["uses_left"] is None else str(one["uses_left"]),
                shown_time(one["expires_at"]),
                *_bounds(one),
            )
            for one in tokens
        ],
    )


@click.command("revoke-join-token")
@click.argument("prefix", metavar="TOKEN")
@remote
@json_output
def revoke_join_token(address: Address, prefix: str, as_json: bool) -> None:
    """Revoke a join token: no worker joins with it any more.

    TOKEN is the beginning of it, as in the list. Workers that have joined with it stay.

    \b
    Example:
      stroem workers revoke-join-token strj_0123456
    """
    done = run_with_client(address, lambda client: client.delete("workers", "join-tokens", prefix))
    if as_json:
        print_json(done)
        return
    echo(f"Join token {prefix} was revoked")


@click.command("identities")
@remote
@json_output
def identities(address: Address, as_json: bool) -> None:
    """List the workers that have joined, with what they may run.

    \b
    Example:
      stroem workers identities
    """
    found = run_with_client(address, lambda client: client.get("workers", "identities"))
    if as_json:
        print_json(found)
        return
    if not found:
        echo("No worker has joined. Make a token for one with: stroem workers create-join-token")
        return
    print_table(
        ("NAME", "IDENTITY", "JOINED", "BY TOKEN", "GOOD UNTIL", "LAST HEARD", "WORKSPACES", "TAGS", "ABILITIES"),
        [
            (
                one["name"],
                one["identity_id"],
                shown_time(one["joined_at"]),
                one["join_token"],
                f"revoked by {one['revoked_by']}" if one.get("revoked_at") else shown_time(one["expires_at"]),
                shown_time(one["last_heard_at"]),
                *_bounds(one),
            )
            for one in found
        ],
    )


@click.command("revoke")
@click.argument("name", metavar="NAME")
@remote
@json_output
def revoke(address: Address, name: str, as_json: bool) -> None:
    """Revoke the identity of a worker: its next request is refused, its steps are lost.

    NAME is the name of the worker, or the id of its identity. Of several with this name, all are revoked. Revoke the
    join token too if it is still good: with it, the worker could join again.

    \b
    Example:
      stroem workers revoke build-1
    """
    revoked = run_with_client(address, lambda client: _revoke(client, name))
    if as_json:
        print_json(revoked)
        return
    for one in revoked:
        echo(f"The identity {one['identity_id']} of worker {one['name']} was revoked")


async def _revoke(client: "Client", name: str) -> list[dict[str, Any]]:
    known = [one for one in await client.get("workers", "identities") if not one.get("revoked_at")]
    found = [one for one in known if name in (one["name"], one["identity_id"])]
    if not found:
        near = suggestion(name, sorted({one["name"] for one in known}))
        message = f"No worker with the name {name!r} has an identity.{near} List: stroem workers identities"
        raise Refused(f"{message}\nServer: {client.address.url}")
    return [await client.post("workers", "identities", one["identity_id"], "revoke", body={}) for one in found]


def _bounds(one: dict[str, Any]) -> tuple[str, ...]:
    return tuple(", ".join(one[name]) or "all" for name in _BOUNDS)


def _workers(made: dict[str, Any]) -> str:
    left = made["uses_left"]
    return "any number of workers" if left is None else "a worker" if left == 1 else f"up to {left} workers"
