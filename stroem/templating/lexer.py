"""Tera's way of writing texts, on Jinja2's lexer: backticks, and backslashes that are no escapes stay."""

import re
from collections.abc import Iterable, Iterator

from jinja2 import Environment
from jinja2.lexer import Lexer, TokenStream

from stroem.templating.hyphens import RawToken, join_hyphens

_TEXT = re.compile(r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([ntr\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")
_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r"}


class TemplateLexer(Lexer):
    """Jinja2's lexer with Tera's texts."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        for state, rules in self.rules.items():
            self.rules[state] = [rule._replace(pattern=_TEXT) if rule.tokens == "string" else rule for rule in rules]

    def stream(self, text: str, hyphenated: Iterable[str]) -> TokenStream:
        """The tokens of a template; names in `hyphenated` are one token each."""
        raw = join_hyphens(self.tokeniter(text, None), frozenset(hyphenated))
        return TokenStream(self.wrap(_plain_texts(raw)), None, None)


def _plain_texts(tokens: Iterable[RawToken]) -> Iterator[RawToken]:
    for line, sort, value in tokens:
        if sort == "string":
            yield line, sort, _encode(_decode(value))
        else:
            yield line, sort, value


def _decode(literal: str) -> str:
    content = literal[1:-1]
    if literal[0] == "`" or "\\" not in content:
        return content
    return _ESCAPE.sub(_character, content)


def _character(match: re.Match[str]) -> str:
    simple, byte, unit = match.groups()
    if simple is not None:
        return _CHARACTERS.get(simple, simple)
    return chr(int(byte or unit, 16))


def _encode(text: str) -> str:
    """The text so that `Lexer.wrap`, which decodes Python's escapes, gives it back."""
    return '"' + text.encode("unicode_escape").decode("ascii") + '"'
