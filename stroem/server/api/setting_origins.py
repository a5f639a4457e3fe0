"""Origins of settings: the file, the environment, the command line, or the default."""

import functools
from collections.abc import Collection, Mapping
from typing import Any, Literal

import attrs

from stroem.redaction.setting_entries import Entry, KeyPath
from stroem.settings.environment import PREFIX

Origin = Literal["environment", "file", "command line", "start", "default"]
"""`start`: the environment or the command line, of a server without a settings file."""

_SPELLINGS = {"poll_interval_secs": "poll_interval"}


@attrs.frozen(kw_only=True, slots=False)
class Origins:
    """The places from which a server has its settings.

    `variables` are names of the environment, `file` the data of the settings file (None for one that is not readable
    now), `base` what the command line gives. Without a file, `has_file` is false.
    """

    has_file: bool = False
    variables: Collection[str] = ()
    file: Mapping[str, Any] | None = None
    base: Mapping[str, Any] = attrs.Factory(dict)

    def of(self, entry: Entry) -> Origin:
        """The origin of a setting."""
        if not self.has_file:
            return "default" if entry.is_default else "start"
        plain = tuple(_plain(part) for part in entry.path)
        if any(plain[: len(name)] == name[: len(plain)] for name in self._variables):
            return "environment"
        is_of_base = entry.path[0] in self.base and entry.path[0] not in (self.file or {})
        if _is_set(self.base if is_of_base else self.file or {}, entry):
            return "command line" if is_of_base else "file"
        return "default" if entry.is_default or self.file is not None else "file"

    @functools.cached_property
    def _variables(self) -> list[tuple[str, ...]]:
        named = [name[len(PREFIX) :] for name in self.variables if name.upper().startswith(PREFIX)]
        return [tuple(map(_plain, name.split("__"))) for name in named]


def _plain(part: str | int) -> str:
    return str(part).lower().replace("-", "_")


def _is_set(tree: Any, entry: Entry) -> bool:
    """True if the data sets a key. A scalar in place of a section sets all in it that is no default."""
    for part in entry.path:
        if not isinstance(tree, Mapping):
            return not entry.is_default
        spelling = _SPELLINGS.get(str(part), part)
        if part not in tree and spelling not in tree:
            return False
        tree = tree[part if part in tree else spelling]
    return True


def key_text(path: KeyPath) -> str:
    """A path as the settings' page writes it: `workspaces.main.guards.freeze[0].cron`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
