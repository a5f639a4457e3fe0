"""Text from elsewhere, made safe to show in a terminal or a log."""

import re

_COLOUR = r"\x1b\[[0-9;:]*m"
_UNSAFE = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline, C1 among them
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # characters that reorder the text around them
    r"\u2028\u2029\ufeff\ud800-\udfff]"
)
_PLAIN = re.compile(_UNSAFE)
_COLOURED = re.compile(f"({_COLOUR})|{_UNSAFE}")


def visible(text: str, *, colours: bool = False) -> str:
    """Replace control characters and bidirectional overrides by escapes such as `\\x1b`.

    Tabs and newlines stay; with `colours`, so do SGR sequences (`ESC [ … m`).
    """
    return (_COLOURED if colours else _PLAIN).sub(_escaped, text)


def one_line(text: str) -> str:
    """`visible` text whose newlines and tabs are escapes too: one log line stays one line."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _escaped(found: re.Match[str]) -> str:
    if found.lastindex:
        return found[0]
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
