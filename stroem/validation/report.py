"""Reports of problems: text, JSON, and annotations for GitHub."""

from collections.abc import Callable, Iterable, Mapping

import attrs

from stroem.conversion.text import one_line, visible, visible_json
from stroem.records.problem import Problem


def as_text(problems: Iterable[Problem]) -> str:
    """A line for each problem: `file:line:column: error code: message (hint)`."""
    return "".join(f"{one_line(_text(problem))}\n" for problem in problems)


def as_json(problems: Iterable[Problem]) -> str:
    """A JSON object: `items` with the fields of `Problem`, and their `total`."""
    items = [attrs.asdict(problem) for problem in problems]
    return visible_json({"items": items, "total": len(items)}, indent=2) + "\n"


def as_github(problems: Iterable[Problem]) -> str:
    """Workflow commands that GitHub shows beside the lines of a pull request."""
    return "".join(f"{_command(problem)}\n" for problem in problems)


FORMATS: Mapping[str, Callable[[Iterable[Problem]], str]] = {"text": as_text, "json": as_json, "github": as_github}


def _text(problem: Problem) -> str:
    place = f"{problem.file}:{problem.line}:{problem.column}"
    return f"{place}: {problem.severity} {problem.code}: {_message(problem)}"


def _message(problem: Problem) -> str:
    message = " ".join(problem.message.split())
    return f"{message} ({problem.hint})" if problem.hint else message


def _command(problem: Problem) -> str:
    properties = {"file": problem.file, "line": problem.line, "col": problem.column, "title": problem.code}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{problem.severity} {written}::{_data(_message(problem))}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
