"""Person or program that calls commands about accounts, which an API key is not always enough for."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from stroem.cli.client.device import token_by_device
from stroem.cli.client.run import run_with_client
from stroem.cli.client.sign_in import end_session, password_token, program_name
from stroem.cli.output.errors import Failure
from stroem.cli.output.output import echo, one_line
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

T = TypeVar("T")
Call = Callable[["Client"], Awaitable[T]]
_BOUNDS = ("expires_at", "workspaces", "tasks", "verbs", "addresses")


class Caller(NamedTuple):
    """Address of a server, and the way to sign in there for one command.

    An API key makes no keys for its owner and sees no sessions; one that expires or is narrowed, as that of `stroem
    login`, changes no accounts. The person signs in again for such a command; the session ends with it.
    """

    address: Address
    password_stdin: bool

    def read(self, call: Call[T]) -> T:
        """Runs `call` with the token that there is."""
        return run_with_client(self.address, call)

    def manage(self, call: Call[T]) -> T:
        """Runs `call`, which changes accounts."""
        return self._run(call, lambda key: not any(key.get(name) for name in _BOUNDS))

    def own(self, call: Call[T], *, prefix: str | None = None) -> T:
        """Runs `call` about one's own keys or sessions. The key with this prefix is enough."""
        return self._run(call, lambda key: bool(prefix) and key["prefix"] == prefix)

    def _run(self, call: Call[T], is_enough: Callable[[dict[str, Any]], bool]) -> T:
        me = run_with_client(self.address, lambda client: client.get("auth", "me"))
        key = me.get("key")
        if key is None or me["kind"] != "user" or is_enough(key):
            return run_with_client(self.address, call)
        bearer = Address(self.address.url, self._token(me))

        async def within_session(client: "Client") -> T:
            try:
                return await call(client)
            finally:
                await end_session(client)

        return run_with_client(bearer, within_session)

    def _token(self, me: dict[str, Any]) -> str:
        """The access token of a session of the person."""
        if "password" not in me["auth_methods"] and not self.password_stdin:
            echo("The API key is not enough for this: sign in for it", err=True)
            return run_with_client(
                self.address._replace(token=None), lambda client: token_by_device(client, program_name())
            )
        if not self.password_stdin:
            echo(one_line(f"The API key is not enough for this: sign in for it as {me['email']}"), err=True)
        try:
            return password_token(self.address.url, me["email"], password_stdin=self.password_stdin)
        except click.Abort:
            raise Failure("No password was given. Without a terminal, give --password-stdin") from None
