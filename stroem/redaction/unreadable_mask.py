"""Masks for lines that YAML does not read: those of broken files, and comments."""

import re
from collections.abc import Collection, Iterator

from stroem.redaction.definition_secrets import sounds_secret
from stroem.redaction.redactor import MARKER

_KEY = re.compile(r"""(?:-[ \t]+){0,20}(["']?)([^\s"':#{}\[\],-][^"':{}\[\],]{0,200})\1[ \t]{0,20}:(?=\s|$)""")
_NAME = re.compile(r"""(?<![\w.-])([\w.-]+)["']?[ \t]{0,20}[:=][ \t]{0,20}""")
_VALUE = re.compile(r""""[^"]*"?|'[^']*'?|[^,}\]\s][^,}\]\r\n]*""")
_SECTION = re.compile(r"""(?<![^\s{,?"'])(?:secrets|connections)["']?[ \t]{0,20}(?::|$)""")
_REMARK = re.compile(r"(^|[ \t])#[^\r\n]*")
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
# All of these are bounded or begin at a word, so that their time grows with the length of a line.
_OPEN = ("{", "[")


def masked_lines(text: str) -> str:
    """The text with dots for all below `secrets:`, `connections:` and names that are typical of secrets."""
    return "\n".join(_masked(text.split("\n")))


def masked_comments(text: str, sections: Collection[int]) -> str:
    """The text with dots for values of typical names in comments that have lines of their own.

    In the lines of `sections`, numbered from 0, all comments are dots.
    """
    if "#" not in text:
        return text
    if sections:
        lines = text.split("\n")
        for number in sections:
            lines[number] = _REMARK.sub(rf"\1# {MARKER}", lines[number])
        text = "\n".join(lines)
    return _COMMENT.sub(lambda match: _pairs(match[0]), text)


def _masked(lines: list[str]) -> Iterator[str]:
    around: int | None = None  # the indentation of the key above hidden lines; -1 up to the end
    for line in lines:
        inner = line.strip()
        indent = len(line) - len(line.lstrip())
        if around is not None and inner and indent <= around and not inner.startswith(("#", "- ")):
            around = None
        key = _KEY.match(line, indent)
        section = _SECTION.search(line) if around is None else None
        if section and (key is None or section.end() > key.end()):
            around = -1
            yield _hidden(line, section.end())
        elif around is None and key and _conceals(key[2]):
            rest = line[key.end() :].strip()
            around = -1 if rest.startswith(_OPEN) else indent
            yield _hidden(line, key.end())
        elif around is not None and inner:
            yield _hidden(line, key.end() if key else indent)
        else:
            yield _pairs(line)


def _conceals(key: str) -> bool:
    return key.strip() == "connections" or sounds_secret(key)


def _hidden(line: str, start: int) -> str:
    """The line with dots after its first `start` characters."""
    ending = "\r" if line.endswith("\r") else ""
    rest = line[start:].strip()
    if not rest:
        return line
    space = " " if line[start:].startswith((" ", "\t")) else ""
    return f"{line[:start]}{space}{MARKER}{ending}"


def _pairs(line: str) -> str:
    """The line with dots for values of typical names: `password: …`, `{token: …}`, `PASSWORD=…`."""
    parts, end = [], 0
    for name in _NAME.finditer(line):
        value = _VALUE.match(line, name.end()) if name.start() >= end and sounds_secret(name[1]) else None
        if value is None or "{{" in value[0] or value[0].strip() in ("true", "false"):
            continue
        parts += [line[end : value.start()], MARKER]
        end = value.end()
    return "".join([*parts, line[end:]])
