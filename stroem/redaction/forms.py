"""The forms in which programs write a secret."""

import base64
import html
import json
import math
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Shorter secrets and lines of secrets are not replaced: they would match everywhere."""

_GO_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
_DOUBLE_QUOTED = re.compile(r'([\\"$`])')
_ANY_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_UNICODE_ESCAPE = re.compile(r"\\u[0-9a-f]{4}")
_SHELL_SPECIAL = re.compile(r"([^\w@%+=:,./-])")
_URL_SAFE = ("", "/", "!*'()", "!*'();/?:@&=+$,#")


def forms_of(secret: str) -> Iterator[str]:
    """Each line of a secret as it is and as programs encode it: JSON, URL, base64, hex, shell, HTML."""
    for line in secret.splitlines():
        if len(line) >= SHORTEST:
            yield line
            yield from _json_forms(line)
            yield from _url_forms(line)
            yield from _shell_forms(line)
            yield from _html_forms(line)
            yield from encoded_forms(line)


def number_forms(number: float) -> Iterator[str]:
    """Printed forms of a number, without its sign and zeros after the point: `123456`, `123,456`, `1.23456e+05`."""
    size = abs(number)
    if isinstance(size, float) and not math.isfinite(size):
        return
    written = {str(int(size)), f"{int(size):,}"} if size == int(size) else {repr(size)}
    yield from (text for text in (*written, *_exponents(size)) if len(text) >= SHORTEST)


def encoded_forms(text: str) -> Iterator[str]:
    """The bytes of a text in hex and base64, at any offset in longer data."""
    data = text.encode(errors="replace")
    yield from (data.hex(), data.hex().upper())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data).decode()
        for before in range(3):
            inner = encode(b"\0" * before + data)
            form = inner[-(-8 * before // 6) : 8 * (before + len(data)) // 6].decode()
            if len(form) >= SHORTEST:
                yield form


def _json_forms(line: str) -> Iterator[str]:
    for escaped in (json.dumps(line)[1:-1], json.dumps(line, ensure_ascii=False)[1:-1]):
        for form in (escaped, escaped.translate(_GO_ESCAPES)):
            yield from (form, form.replace("/", "\\/"), _changed(_UNICODE_ESCAPE, form, upper=True))


def _url_forms(line: str) -> Iterator[str]:
    for safe in _URL_SAFE:
        for escaped in (quote(line, safe, errors="replace"), quote_plus(line, safe, errors="replace")):
            yield from (escaped, _changed(_ANY_ESCAPE, escaped, upper=False))


def _shell_forms(line: str) -> Iterator[str]:
    yield shlex.quote(line).strip("'")
    yield line.replace("'", "'\\''")
    yield _DOUBLE_QUOTED.sub(r"\\\1", line)
    yield _SHELL_SPECIAL.sub(r"\\\1", line)
    backslashed = line.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t")
    yield backslashed
    yield "".join(
        character if character.isascii() else "".join(f"\\{byte:03o}" for byte in character.encode(errors="replace"))
        for character in backslashed
    )
    yield repr(line)[1:-1]


def _html_forms(line: str) -> Iterator[str]:
    escaped = html.escape(line, quote=False)
    yield escaped
    for apostrophe in ("&#x27;", "&#39;", "&apos;"):
        for double in ("&quot;", "&#34;"):
            yield escaped.replace("'", apostrophe).replace('"', double)


def _exponents(number: float) -> Iterable[str]:
    mantissa, exponent = f"{number:.16e}".split("e")
    mantissa = repr(float(mantissa)).removesuffix(".0")
    power = int(exponent)
    for written in {f"{power}", f"{power:+}", f"{power:+03}"}:
        yield from (f"{mantissa}e{written}", f"{mantissa}E{written}")


def _changed(escape: re.Pattern[str], text: str, *, upper: bool) -> str:
    """The text with the hex digits of its escapes in the other case."""
    if upper:
        return escape.sub(lambda match: match[0][:2] + match[0][2:].upper(), text)
    return escape.sub(lambda match: match[0].lower(), text)
