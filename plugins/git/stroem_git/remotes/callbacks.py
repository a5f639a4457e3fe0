"""Callbacks of libgit2 for remotes: credentials, and verification of certificates and host keys."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import CredentialType

from stroem_git.auth import SSH_USER, TOKEN_USER
from stroem_git.errors import Failure, bad_certificate
from stroem_git.remotes.known_hosts import advice, knows
from stroem_git.remotes.token_command import Tokens
from stroem_git.requests import Target

_TRIES = 2

Credentials = pygit2.Username | pygit2.UserPass | pygit2.Keypair


class Callbacks(pygit2.RemoteCallbacks):
    """Callbacks of one connection. `report_alive` is called at any activity."""

    def __init__(self, target: Target, known_hosts: Path, tokens: Tokens, report_alive: Callable[[], None]) -> None:
        super().__init__()
        self._target = target
        self._known_hosts = known_hosts
        self._tokens = tokens
        self._report_alive = report_alive
        self._asked = 0
        self._token: str | None = None

    def credentials(self, url: str, username_from_url: str | None, allowed_types: CredentialType) -> Credentials:
        """Shows what is set; a second time only what a command may have renewed."""
        target, auth = self._target, self._target.auth
        if allowed_types & CredentialType.USERNAME and not allowed_types & CredentialType.SSH_KEY:
            return pygit2.Username(self._ssh_user())
        self._asked += 1
        if auth is None and target.scheme == "ssh":
            raise Failure(f"{target.place} wants an ssh key. Set `auth` with `type: ssh_key`")
        if auth is None:
            raise Failure(
                f"{target.place} wants credentials: the repository is private or does not exist. Set `auth`, "
                "or look at `url`"
            )
        if self._asked > (_TRIES if auth.type == "command" else 1):
            raise Failure(self._refused(allowed_types))
        self._report_alive()
        if auth.type == "ssh_key":
            return self._key()
        if auth.type == "password":
            user = auth.username or username_from_url or ""
            return pygit2.UserPass(user, auth.password or "")
        if auth.type == "command":
            self._token = self._tokens.get(auth.command, auth.ttl_secs, target.timeout_secs, self._token)
            return pygit2.UserPass(auth.username or TOKEN_USER, self._token)
        return pygit2.UserPass(auth.username or TOKEN_USER, (auth.token or "").strip())

    def certificate_check(self, certificate: None, valid: bool, host: bytes) -> bool:
        """Accepts only the configured host with a certificate or key that libgit2 verified."""
        self._report_alive()
        target, name = self._target, host.decode(errors="replace")
        if name.lower().strip("[]") != target.host:
            raise Failure(f"{target.place} sends us on to another host, {name}. If that is right, set it in `url`")
        if valid or target.insecure:
            return True
        if target.scheme == "ssh":
            raise Failure(self._unknown_host())
        raise bad_certificate(target)

    def transfer_progress(self, stats: Any) -> None:
        """Ends a download that is larger than anything that could be used."""
        self._report_alive()
        most = self._target.download_bytes
        if stats.received_bytes > most:
            raise Failure(
                f"{self._target.place} sends more than {most} bytes. Raise `limits.total_bytes`, or make the "
                "repository smaller"
            )

    def sideband_progress(self, string: str) -> None:
        """Its progress shows that the remote is at work."""
        self._report_alive()

    def _ssh_user(self) -> str:
        auth = self._target.auth
        return self._target.user or (auth.username if auth else None) or SSH_USER

    def _key(self) -> Credentials:
        auth = self._target.auth
        assert auth is not None
        if auth.key_path is None and auth.key is None:
            if not os.environ.get("SSH_AUTH_SOCK"):
                raise Failure("there is no ssh agent: SSH_AUTH_SOCK is not set. Set `key_path` or `key` under `auth`")
            return pygit2.KeypairFromAgent(self._ssh_user())
        key = auth.key if auth.key is not None else _read_key(Path(auth.key_path or ""))
        if "PRIVATE KEY" not in key:
            raise Failure("the ssh key under `auth` is not a private key in PEM or OpenSSH form")
        text = key.replace("\r\n", "\n").strip() + "\n"
        return pygit2.KeypairFromMemory(self._ssh_user(), None, text, auth.passphrase or "")

    def _refused(self, allowed_types: CredentialType) -> str:
        place, auth = self._target.place, self._target.auth
        if auth is not None and auth.type == "ssh_key":
            what = "key" if auth.key or auth.key_path else "keys of the ssh agent"
            return f"{place} does not accept the {what} for user {self._ssh_user()!r}. Look at `auth`"
        return f"{place} does not accept the credentials. Look at `auth`: they may have expired"

    def _unknown_host(self) -> str:
        target, port = self._target, self._target.port
        if knows(self._known_hosts, target.host, port):
            return (
                f"the host key of {target.place} is not the one that is known: it was changed, or somebody stands "
                "between. If the change is right, renew it in `known_hosts`"
            )
        return f"the host key of {target.place} is not known. {advice(target.host, port)}"


def _read_key(path: Path) -> str:
    try:
        return path.expanduser().read_text()
    except UnicodeDecodeError:
        raise Failure(f"{path} is not a private key in PEM or OpenSSH form") from None
    except OSError as error:
        raise Failure(f"the ssh key {path} cannot be read: {error.strerror}. Look at `key_path`") from None
