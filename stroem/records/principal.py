"""The principal of a request: who makes it, in the records and for decisions about rights."""

import uuid
from typing import Literal

import attrs

PrincipalKind = Literal["anonymous", "user", "service", "step"]


@attrs.frozen(kw_only=True)
class KeyScope:
    """The bounds of an API key, or of the token of a step, narrower than the rights of its owner.

    `prefix` names the key; the token of a step has none. `workspaces` and `tasks` are patterns with `*`, `verbs` are
    verbs or patterns of them; an empty tuple does not narrow. One that `is_bounded` by these, by addresses or by time,
    must not make others that are not.
    """

    prefix: str | None
    workspaces: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    is_bounded: bool = False

    @property
    def title(self) -> str:
        """What it is called in messages."""
        return "the token of the step" if self.prefix is None else f"the API key {self.prefix}"


@attrs.frozen(kw_only=True)
class Principal:
    """A person, a service account, a running step, or a client that has not signed in.

    `name` is an e-mail address, the name of a service account, a job and the path of its step, or `anonymous`. `key` is
    the API key or the token of a step that the request bears, if it bears one.
    """

    kind: PrincipalKind
    name: str
    id: uuid.UUID | None = None
    groups: frozenset[str] = frozenset()
    is_admin: bool = False
    key: KeyScope | None = None


ANONYMOUS = Principal(kind="anonymous", name="anonymous")
