"""Places of mistakes in a settings file."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from stroem.conversion.mistake import Mistake, path_text
from stroem.conversion.positions import Positions
from stroem.conversion.yaml import Unreadable, read_yaml
from stroem.definitions.values import Path as Keys
from stroem.errors import FieldError, SettingsError
from stroem.settings.environment import PREFIX
from stroem.settings.loader import read_bytes


@contextlib.contextmanager
def mistakes_placed(path: Path | None, environ: Mapping[str, str]) -> Iterator[None]:
    """Adds file, line and column to the mistakes of a `SettingsError` raised inside, by the names of their fields.

    A value of a variable is told with the name of the variable instead.
    """
    try:
        yield
    except SettingsError as error:
        if path is None or not error.fields:
            raise
        raise _placed(error, path, environ) from error


@attrs.frozen
class _Places:
    """Positions of the values of a file, by their paths as text."""

    file: Path
    positions: Positions
    paths: Mapping[str, Keys]
    variables: Mapping[str, str]

    def of(self, field: str) -> str:
        """The place of a field, or of the nearest one around it."""
        above = field
        while above:
            if (variable := self.variables.get(above.lower().replace("-", "_"))) is not None:
                return variable
            if (keys := self.paths.get(above)) is not None:
                line, column = self.positions.place(Mistake(code="invalid-value", message="", path=keys, at_key=True))
                return f"{self.file}:{line}:{column}"
            above = above.rpartition("[" if above.endswith("]") else ".")[0]
        return str(self.file)


def _placed(error: SettingsError, path: Path, environ: Mapping[str, str]) -> SettingsError:
    try:
        data = read_bytes(path)
        document = read_yaml(data)
    except (SettingsError, Unreadable):
        return error
    names = [name for name in environ if name.upper().startswith(PREFIX)]
    variables = {name[len(PREFIX) :].replace("__", ".").lower(): name for name in names}
    paths = {path_text(keys): keys for keys in _paths(document.value, ())}
    places = _Places(path, Positions(data), paths, variables)
    lines = [f"\n  {places.of(one.field)}: {_said(one)}" for one in error.fields]
    return SettingsError(problems="".join(lines), fields=error.fields)


def _said(error: FieldError) -> str:
    return f"{error.field}: {error.message}" if error.field else error.message


def _paths(value: object, keys: Keys) -> Iterator[Keys]:
    if keys:
        yield keys
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from _paths(entry, (*keys, key))
