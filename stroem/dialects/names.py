"""Checks of names."""

import re

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.definitions.task import is_inline
from stroem.definitions.values import Path

_FORBIDDEN = re.compile(r"[/\\\x00-\x1f\x7f]")
_SECRET = re.compile(r"[A-Za-z0-9_]+")
_WORKSPACE = re.compile(r"[A-Za-z0-9._-]{1,200}")
_INTERPRETER = re.compile(r"[A-Za-z0-9._/+-]+")
_SHELL_CHARACTERS = re.compile(r"[;&|`$(){}'\"\\\n\r]")
_OPTION = re.compile(r"(?:^|\s)-")
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    r"(?:(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?/)?"  # the registry
    rf"{_PART}(?:/{_PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@[A-Za-z0-9_+.-]+:[0-9a-fA-F]{{32,}})?"
)
MAX_NAME = 200
LONGEST_IMAGE = 500


def check_name(name: str, path: Path, mistakes: Mistakes, *, step: bool = False) -> None:
    """Names become parts of URLs and files: no slash, backslash, control character, or blank at an end."""
    hint = None
    if not name or name != name.strip():
        hint = "a name has no blank at its ends and is not empty"
    elif len(name) > MAX_NAME:
        hint = f"a name has at most {MAX_NAME} characters"
    elif _FORBIDDEN.search(name):
        hint = "a name holds no slash, backslash or control character"
    elif name in (".", ".."):
        hint = "a name is more than dots"
    elif step and ("[" in name or "]" in name):
        hint = "brackets are kept for the instances of loops"
    elif step and "~" in name:
        hint = "~ is kept for further visits and attempts of a step, as in check~2"
    elif is_inline(name) or name.startswith("_hook:"):
        hint = "names that begin with _inline: and _hook: are kept for Strøm"
    if hint:
        _invalid("invalid-name", f"{name!r} cannot be a name", path, mistakes, hint, at_key=True)


def check_secret_name(name: str, path: Path, mistakes: Mistakes) -> None:
    """Secrets are read in templates as `secret.NAME`."""
    if not _SECRET.fullmatch(name):
        message = f"{name!r} cannot be the name of a secret"
        _invalid("invalid-name", message, path, mistakes, "use letters, digits and _", at_key=True)


def check_interpreter(name: str, path: Path, mistakes: Mistakes) -> None:
    """An interpreter is the name or path of one program, without arguments."""
    if not _INTERPRETER.fullmatch(name):
        message = f"{name!r} cannot be an interpreter"
        _invalid("invalid-value", message, path, mistakes, "use letters, digits and . _ / + -; arguments go to args")


def check_dependency(name: str, path: Path, mistakes: Mistakes) -> None:
    """A dependency is the requirement of a package, never an option of an installer."""
    hint = "write a package, like requests>=2.31"
    if _OPTION.search(name):
        message = f"{name!r} holds an option of an installer, and dependencies are packages"
        _invalid("invalid-value", message, path, mistakes, hint)
    elif not name.strip() or _SHELL_CHARACTERS.search(name):
        _invalid("invalid-value", f"{name!r} cannot be a dependency", path, mistakes, hint)


def check_image(name: str, path: Path, mistakes: Mistakes) -> None:
    """Notes a text that no registry takes for an image."""
    if len(name) > LONGEST_IMAGE or not _IMAGE.fullmatch(name):
        hint = "write it in small letters, without blanks, like registry.example.org/team/tool:1.2"
        _invalid("invalid-value", f"{name!r:.300} cannot be the name of an image", path, mistakes, hint)


def _invalid(code: str, message: str, path: Path, mistakes: Mistakes, hint: str, *, at_key: bool = False) -> None:
    mistakes.append(Mistake(code=code, message=message, path=path, hint=hint, at_key=at_key))


def check_workspace(name: str, path: Path, mistakes: Mistakes) -> None:
    """Notes a text that is no name of a workspace."""
    if not _WORKSPACE.fullmatch(name):
        message = f"{name!r:.80} is not the name of a workspace: letters, digits and ._-"
        mistakes.append(Mistake(code="invalid-name", message=message, path=path))
