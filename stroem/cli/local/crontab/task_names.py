"""Names of tasks, from commands."""

import re
from collections.abc import Iterable

_SEPARATORS = re.compile(r"&&|\|\||;|\|")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.ASCII | re.DOTALL)
_NOT_A_NAME = re.compile(r"[^a-z0-9_-]+")
_PREPARATIONS = frozenset({"cd", "test", "[", "[[", "export", "source", ".", "sleep", "umask", "ulimit", "true", ":"})
_WRAPPERS = frozenset(
    {"env", "nice", "ionice", "chronic", "sudo", "exec", "time", "nohup", "sh", "bash", "dash", "python", "python3",
     "perl", "php", "ruby", "node", "java"}
)  # fmt: skip
_LONGEST = 60


def task_names(commands: Iterable[str]) -> list[str]:
    """A name for each command, of its program; equal ones get a number."""
    found: list[str] = []
    for command in commands:
        name, number = _name(command), 1
        unique = name
        while unique in found:
            number += 1
            unique = f"{name}-{number}"
        found.append(unique)
    return found


def _name(command: str) -> str:
    for part in _SEPARATORS.split(command):
        words = [word for word in part.strip(" \t(){}").split() if not _ASSIGNMENT.fullmatch(word)]
        if not words or words[0] in _PREPARATIONS:
            continue
        while len(words) > 1 and (_base(words[0]) in _WRAPPERS or words[0].startswith("-") or words[0].isdigit()):
            words.pop(0)
        name = _NOT_A_NAME.sub("-", _base(words[0]).partition(".")[0].lower()).strip("-_")[:_LONGEST]
        if name:
            return name
    return "job"


def _base(word: str) -> str:
    return word.strip("\"'").rpartition("/")[2]
