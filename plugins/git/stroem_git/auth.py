"""Credentials of a source for a git host."""

from pathlib import Path
from typing import Literal

import attrs

TOKEN_USER = "x-access-token"  # noqa: S105 (a name that GitHub gives; others take any)
SSH_USER = "git"


@attrs.frozen(kw_only=True)
class GitAuth:
    """Credentials: `token` (with `username`), `password` (with `username`), `ssh_key` (in the file `key_path`, or
    `key` itself, or else the agent's; with `passphrase`), or the token that the program `command` prints, which is
    asked again after `ttl_secs` and when it is refused.
    """

    type: Literal["token", "password", "ssh_key", "command"]
    username: str | None = None
    token: str | None = attrs.field(default=None, repr=False)
    password: str | None = attrs.field(default=None, repr=False)
    key_path: Path | None = None
    key: str | None = attrs.field(default=None, repr=False)
    passphrase: str | None = attrs.field(default=None, repr=False)
    command: tuple[str, ...] = attrs.field(default=(), repr=False)
    ttl_secs: float = 600

    def mistake(self, scheme: str) -> str | None:
        """The faults of these credentials for addresses of a scheme."""
        if scheme == "file":
            return "a folder on disk takes no `auth`"
        if self.type == "ssh_key" and scheme != "ssh":
            return f"an ssh key does not work over {scheme}. Set `type: token` or `password`, or an ssh address"
        if scheme == "ssh" and self.type in ("token", "command"):
            return "a token does not work over ssh. Set `type: ssh_key`, or an https address"
        return self._unset()

    def _unset(self) -> str | None:
        if self.type == "token" and not self.token:
            return "`token` is required"
        if self.type == "password" and not (self.username and self.password):
            return "`username` and `password` are required"
        if self.type == "command" and not self.command:
            return "`command` is required: a program and its arguments, as a list"
        if self.type == "ssh_key" and self.key and self.key_path:
            return "`key` and `key_path` exclude each other"
        if self.ttl_secs < 0:
            return "`ttl_secs` must not be negative"
        return None
