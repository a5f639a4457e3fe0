"""Checks of the first line `#!…` of inline scripts, which has no effect."""

import posixpath
import re

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.definitions.action import Action
from stroem.definitions.values import Path

_SHEBANG = re.compile(r"#![ \t]*(\S+)[ \t]*([^\n]*)")
_LANGUAGES = {
    "sh": "shell",
    "python": "python",
    "python3": "python",
    "node": "javascript",
    "nodejs": "javascript",
    "deno": "typescript",
    "ts-node": "typescript",
    "tsx": "typescript",
}


def check_shebang(action: Action, path: Path, mistakes: Mistakes) -> None:
    """Warns when the script runs with another program or without the options of its first line."""
    found = _SHEBANG.match(action.script or "")
    if found is None:
        return
    program, options = _program(found[1], found[2].split())
    name = posixpath.basename(program)
    language = _LANGUAGES.get(name)
    if action.interpreter is not None:
        is_right = posixpath.basename(action.interpreter) == name
    else:
        is_right = language == (action.language or "shell")
    if is_right and not options:
        return
    if is_right:
        hint = f"write `set {' '.join(options)}` in the script" if language == "shell" else "leave out the options"
    elif language is not None and action.interpreter is None:
        hint = f"write `language: {language}`"
    else:
        hint = f"write `interpreter: {program or 'PROGRAM'}`"
    runs = action.interpreter or ("sh" if action.language in (None, "shell") else action.language)
    mistakes.append(
        Mistake(
            code="no-effect",
            message=f"the first line {found[0].rstrip()!r} has no effect: the script runs as {runs}",
            path=path,
            hint=hint,
            needle="#!",
            severity="warning",
        )
    )


def _program(first: str, words: list[str]) -> tuple[str, list[str]]:
    """The program and its options; `env` is not the program, but the word after it."""
    if posixpath.basename(first) != "env":
        return first, words
    rest = [word for word in words if word not in ("-S", "--split-string") and "=" not in word]
    return (rest[0], rest[1:]) if rest else ("", [])
