"""The input of a job, as it is given on the command line."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from stroem.conversion import scalar

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


def given_input(input_file: str | None, input_json: str | None) -> dict[str, Any]:
    """The input from the file, overlaid with that of `--input`."""
    return {**(_from_file(input_file) if input_file else {}), **(_from_json(input_json) if input_json else {})}


def split_pairs(pairs: Sequence[str]) -> dict[str, list[str]]:
    """KEY=VALUE arguments as key and values; a key may come several times."""
    values: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{pair!r} is no input: write KEY=VALUE")
        values.setdefault(key, []).append(value)
    return values


def typed_pairs(values: Mapping[str, Sequence[str]], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the task's input fields want them. What the task does not know stays text."""
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
            return scalar.whole_number(text)
        except ValueError:
            return _json(key, text) if kind == "number" else text
    if kind == "boolean":
        return True if text.lower() in TRUE else False if text.lower() in FALSE else text
    return _json(key, text) if text.startswith("{") else text


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


def _from_file(name: str) -> dict[str, Any]:
    import yaml  # only when there is a file; costs 20 ms

    from stroem.settings.text import StrictLoader

    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--input-file {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"--input-file {name} is not UTF-8: {error.reason} at byte {error.start}") from error
    try:
        return _mapping(yaml.load(text, Loader=StrictLoader), name)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise click.UsageError(f"{name} is neither JSON nor YAML: {error}") from error


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise click.UsageError(f"{place} must hold an object with the input fields, not {type(value).__name__}")
    return value
