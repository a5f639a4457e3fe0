"""Checks of a source's options."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Protocol

from stroem.errors import FieldError
from stroem_git.address import Address, parse_address
from stroem_git.auth import GitAuth
from stroem_git.remotes.refs import mistake_in

_LONGEST_TIMEOUT_SECS = 3600


class Options(Protocol):
    """The options to check."""

    @property
    def url(self) -> str: ...
    @property
    def ref(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def auth(self) -> GitAuth | None: ...
    @property
    def depth(self) -> int: ...
    @property
    def timeout_secs(self) -> float: ...
    @property
    def trusted_keys(self) -> tuple[str, ...]: ...


def find_mistakes(options: Options) -> Iterator[FieldError]:
    """Every mistake, without the values: they may be secret."""
    try:
        address = parse_address(options.url)
    except ValueError as error:
        yield FieldError(field="url", message=str(error))
    else:
        yield from _of_auth(options.auth, address)
    if message := mistake_in(options.ref):
        yield FieldError(field="ref", message=message)
    if ".." in PurePosixPath(options.path).parts or options.path.startswith("/") or "\0" in options.path:
        yield FieldError(field="path", message="expected a folder in the repository, without `..`, like `teams/data`")
    if options.depth < 0:
        yield FieldError(field="depth", message="must be 0 (all history) or greater")
    if not 0 < options.timeout_secs <= _LONGEST_TIMEOUT_SECS:
        message = f"must be greater than 0 and at most {_LONGEST_TIMEOUT_SECS}"
        yield FieldError(field="timeout_secs", message=message)
    if options.trusted_keys:
        yield from _of_keys(options.trusted_keys)


def _of_auth(auth: GitAuth | None, address: Address) -> Iterator[FieldError]:
    if auth is None:
        return
    message = auth.mistake(address.scheme)
    if message is None and address.scheme == "http":
        message = "credentials are not sent over plain http. Use https, or ssh"
    if message is not None:
        yield FieldError(field="auth", message=message)


def _of_keys(keys: tuple[str, ...]) -> Iterator[FieldError]:
    from stroem_git.signatures.keys import parse_keys  # loads cryptography, which few need

    for number, text in enumerate(keys, 1):
        try:
            parse_keys(text)
        except ValueError as error:
            yield FieldError(field="trusted_keys", message=f"key {number}: {error}")
