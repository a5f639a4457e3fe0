"""Input of a job from the command line."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import click

from stroem.conversion import literals

Options = Callable[..., Any]

TEXT_TYPES = {"string", "text", "date", "datetime"}
TRUE, FALSE = {"true", "yes", "1", "on"}, {"false", "no", "0", "off"}


def input_options(callback: Options) -> Options:
    """Adds `--input`, `--input-file` and the arguments KEY=VALUE."""
    for decorator in (
        click.option("--input-file", metavar="FILE", help="JSON or YAML file with the input; - is stdin."),
        click.option("--input", "input_json", metavar="JSON", help="The input as a JSON object."),
        click.argument("pairs", nargs=-1, metavar="[KEY=VALUE]..."),
    ):
        callback = decorator(callback)
    return callback


@attrs.frozen(kw_only=True)
class GivenInput:
    """Input values as given. `scalars`: source text of a file's unquoted numbers and booleans, by path."""

    values: Mapping[str, Any] = attrs.Factory(dict)
    scalars: Mapping[tuple[str | int, ...], str] = attrs.Factory(dict)

    def typed(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The values by the types of the fields: a field of text gets the source text, 1.10 instead of 1.1."""
        return {
            key: self._as_written(key, value) if _takes_text(fields.get(key)) else value
            for key, value in self.values.items()
        }

    def _as_written(self, key: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self.scalars.get((key, index), entry) for index, entry in enumerate(value)]
        return self.scalars.get((key,), value)


def given_input(input_file: str | None, input_json: str | None) -> GivenInput:
    """The input of the file, overlaid with the input of `--input`."""
    found = _from_file(input_file) if input_file else GivenInput()
    over = _from_json(input_json) if input_json else {}
    scalars = {path: text for path, text in found.scalars.items() if path[0] not in over}
    return GivenInput(values={**found.values, **over}, scalars=scalars)


def _takes_text(field: Mapping[str, Any] | None) -> bool:
    return field is not None and field.get("type", "string") in TEXT_TYPES


def split_pairs(pairs: Sequence[str]) -> dict[str, list[str]]:
    """Splits KEY=VALUE arguments into keys and values; a key may be repeated."""
    values: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{pair!r} is no input: write KEY=VALUE")
        values.setdefault(key, []).append(value)
    return values


def typed_pairs(values: Mapping[str, Sequence[str]], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Converts the values to the types of the task's input fields; a value without a field stays text."""
    return {key: _typed(key, texts, fields.get(key, {})) for key, texts in values.items()}


def _typed(key: str, texts: Sequence[str], field: Mapping[str, Any]) -> Any:
    kind = str(field.get("type", "string"))
    if field.get("multiple"):
        if len(texts) == 1 and texts[0].startswith("["):
            return _json(key, texts[0])
        return [_one(key, text, kind) for text in texts]
    if len(texts) > 1:
        raise click.UsageError(f"{key} is given {len(texts)} times and takes one value")
    return _one(key, texts[0], kind)


def _one(key: str, text: str, kind: str) -> Any:
    if kind in TEXT_TYPES:
        return text
    if kind in {"integer", "number"}:
        try:
            return literals.whole_number(text)
        except ValueError:
            return _number(text) if kind == "number" else text
    if kind == "boolean":
        return True if text.lower() in TRUE else False if text.lower() in FALSE else text
    return _json(key, text) if text.startswith("{") else text


def _number(text: str) -> Any:
    """Parses a JSON number; other text is returned as it is, and the server refuses it with the reason."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if type(found) in (int, float) else text


def _json(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{key}: {text[:80]!r} is not valid: {error}") from error


def _from_json(text: str) -> dict[str, Any]:
    try:
        return _mapping(json.loads(text), "--input")
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"--input is not valid JSON: {error}") from error


def _from_file(name: str) -> GivenInput:
    from stroem.cli.client.input_file import read_input_file  # only when there is a file; YAML costs 20 ms

    found = read_input_file(name)
    return GivenInput(values=_mapping(found.value, name), scalars=found.scalars)


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise click.UsageError(f"{place} must hold an object with the input fields, not {type(value).__name__}")
    return value
