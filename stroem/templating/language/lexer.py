"""Tera's way of writing texts, on Jinja2's lexer: backticks, and backslashes that are no escapes stay."""

import re
from collections.abc import Iterable, Iterator

from jinja2 import Environment
from jinja2.lexer import Lexer, TokenStream

from stroem.templating.errors import Refused
from stroem.templating.language.comments import OPENER, refuse_doubtful
from stroem.templating.language.hyphens import RawToken, join_hyphens

_TEXT = re.compile(r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([ntr\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")
_SPARE_BLANKS = "\x1c\x1d\x1e\x1f"
_DOLLAR_HINT = (
    'Values are written `{{ … }}`; for a dollar sign before a value write `{{ "$" }}{{ … }}`, for the text itself '
    "put it between `{% raw %}` and `{% endraw %}`."
)
_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r"}


class TemplateLexer(Lexer):
    """Jinja2's lexer with Tera's texts."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        for state, rules in self.rules.items():
            self.rules[state] = [rule._replace(pattern=_TEXT) if rule.tokens == "string" else rule for rule in rules]
        first, *others = self.rules["root"]
        opening = re.compile(first.pattern.pattern.replace(re.escape("{#"), OPENER), first.pattern.flags)
        self.rules["root"] = [first._replace(pattern=opening), *others]

    def stream(self, text: str, hyphenated: frozenset[str]) -> TokenStream:
        """The tokens of a template; names in `hyphenated` are one token each."""
        spare = next((mark for mark in _SPARE_BLANKS if mark not in text), "\r")
        raw = refuse_doubtful(self.tokeniter(text.replace("\r", spare), None))
        tokens = join_hyphens(_refuse_dollars(raw), hyphenated)
        return TokenStream(self.wrap(_restored(tokens, spare)), None, None)

    def _normalize_newlines(self, value: str) -> str:
        return value


def _refuse_dollars(tokens: Iterable[RawToken]) -> Iterator[RawToken]:
    """The tokens, unless a `$` stands before `{{`: that is how GitHub Actions writes its expressions."""
    before = ""
    for line, sort, value in tokens:
        if sort == "variable_begin" and before.endswith("$"):
            raise Refused(line, "`${{ … }}` is no template", _DOLLAR_HINT, "${{")
        before = value if sort == "data" else ""
        yield line, sort, value


def _restored(tokens: Iterable[RawToken], spare: str) -> Iterator[RawToken]:
    """The tokens, with carriage returns that Jinja2's lexer drops, and plain texts."""
    for line, sort, value in tokens:
        if sort == "string":
            yield line, sort, _encode(_decode(value.replace(spare, "\r")))
        elif sort == "data":
            yield line, sort, value.replace(spare, "\r")
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
