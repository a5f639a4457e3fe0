"""Values of secrets, as they were last read from their stores."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence

import attrs
from cachetools import LRUCache

from stroem.conversion.text import one_line
from stroem.definitions.secret_reference import SecretReference
from stroem.interfaces.secret_store import StoreFailed, Unreadable
from stroem.orchestrator.secrets.stores import OpenStore, SecretStores
from stroem.rights.globs import glob_matches

_VALUES = 10_000
_FORMER = 8
"""The former values of a secret that are still masked."""
_REFUSED_SECS = 10.0
_FAILED_SECS = 30.0
_MOST_CHARS = 64 * 1024
_LONGEST_REASON = 300
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True, eq=False)
class SecretValue:
    """A secret as it was last read: the `value`, or the `reason` why there is none.

    It is read again after `until`, or when its store was replaced. `former` are earlier values.
    """

    value: str | None = attrs.field(default=None, repr=False)
    reason: str = ""
    until: float
    store: OpenStore | None
    former: tuple[str, ...] = attrs.field(default=(), repr=False)

    @property
    def known(self) -> tuple[str, ...]:
        """All values that are masked."""
        return self.former if self.value is None else (self.value, *self.former)


class SecretValues:
    """Reads secrets of workspaces; LRU cache of what was read.

    A store is read by one call at a time. What cannot be read has the reason, and is asked for again after some
    seconds. Values are never logged.
    """

    def __init__(self, stores: SecretStores, clock: Callable[[], float] = time.monotonic) -> None:
        self.stores = stores
        self._clock = clock
        self._found: LRUCache[tuple[str, SecretReference], SecretValue] = LRUCache(_VALUES)

    def get(self, workspace: str, reference: SecretReference, *, fresh: bool) -> SecretValue | None:
        """What was read, if it need not be read again. A value that is not `fresh` may be of any age."""
        found = self._found.get((workspace, reference))
        if found is None or found.store is not self.stores.get(reference.store):
            return None
        is_due = found.until <= self._clock()
        return None if is_due and (fresh or found.value is None) else found

    async def read(self, workspace: str, references: Collection[SecretReference]) -> None:
        """Reads these secrets, each store at the same time. Failures are kept in the place of values."""
        by_store: dict[str, list[SecretReference]] = {}
        for one in dict.fromkeys(references):
            by_store.setdefault(one.store, []).append(one)
        await asyncio.gather(*(self._read(workspace, name, own) for name, own in by_store.items()))

    async def _read(self, workspace: str, name: str, references: Sequence[SecretReference]) -> None:
        store = self.stores.get(name)
        if store is None:
            known = ", ".join(self.stores.names) or "there is none"
            reason = f"is not among the settings of the server (secret_stores: {known})"
            self._put(workspace, None, dict.fromkeys(references, Unreadable(reason)), _REFUSED_SECS)
            return
        allowed = [one for one in references if is_allowed(store, workspace, one)]
        refused = Unreadable(f"does not allow it: secret_stores.{name}.allow has no such path for this workspace")
        self._put(workspace, store, {one: refused for one in references if one not in allowed}, _REFUSED_SECS)
        async with store.lock:
            due = [one for one in allowed if self.get(workspace, one, fresh=True) is None]
            if not due:
                return
            try:
                async with asyncio.timeout(store.settings.timeout):
                    answers = await store.store.read(workspace, due)
                found = {one: _checked(answers.get(one)) for one in due}
            except TimeoutError:
                secs = store.settings.timeout
                self._fail(workspace, name, store, due, f"did not answer within {secs} s")
            except StoreFailed as error:
                self._fail(workspace, name, store, due, one_line(str(error))[:_LONGEST_REASON])
            except Exception as error:  # the message of a plugin's mistake may have a value
                self._fail(workspace, name, store, due, f"failed with {type(error).__name__}")
            else:
                self._put(workspace, store, found, _REFUSED_SECS)

    def _fail(
        self, workspace: str, name: str, store: OpenStore, references: Sequence[SecretReference], reason: str
    ) -> None:
        _log.warning("secret store %s %s", name, reason)
        self._put(workspace, store, dict.fromkeys(references, Unreadable(reason)), _FAILED_SECS)

    def _put(
        self,
        workspace: str,
        store: OpenStore | None,
        answers: Mapping[SecretReference, str | Unreadable],
        failed_secs: float,
    ) -> None:
        now = self._clock()
        for reference, answer in answers.items():
            before = self._found.get((workspace, reference))
            value = answer if isinstance(answer, str) else None
            former = tuple(one for one in (before.known if before else ()) if one != value)[:_FORMER]
            age = failed_secs if value is None or store is None else float(store.settings.max_age)
            reason = answer.reason if isinstance(answer, Unreadable) else ""
            self._found[workspace, reference] = SecretValue(
                value=value, reason=reason, until=now + age, store=store, former=former
            )


def is_allowed(store: OpenStore, workspace: str, reference: SecretReference) -> bool:
    """Whether the settings of a store let a workspace read a path."""
    return any(
        glob_matches(pattern, workspace) and any(glob_matches(path, reference.path) for path in paths)
        for pattern, paths in store.settings.allow.items()
    )


def _checked(answer: object) -> str | Unreadable:
    if isinstance(answer, Unreadable):
        return Unreadable(one_line(answer.reason)[:_LONGEST_REASON])
    if not isinstance(answer, str) or not answer:
        return Unreadable("gave no value")
    if len(answer) > _MOST_CHARS:
        return Unreadable(f"gave a value of more than {_MOST_CHARS} characters, which could not be masked")
    return Unreadable("gave a value with a NUL character") if "\0" in answer else answer
