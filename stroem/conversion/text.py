"""Text from elsewhere, made safe to show in a terminal or a log."""

import json
import re

_COLOUR = r"\x1b\[[0-9;:]*m"
_RESET = "\x1b[0m"
_UNSAFE = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline, C1 among them
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # characters that reorder the text around them
    r"\xad\u180e\u200b\u2028\u2029\u2060-\u2065\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # invisible ones
    r"\ud800-\udfff]"
)
_PLAIN = re.compile(_UNSAFE)
_SEQUENCE = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_COLOURED = re.compile(f"({_COLOUR})|{_UNSAFE}")


def visible(text: str, *, colours: bool = False) -> str:
    """Replace control, bidirectional and invisible characters by escapes such as `\\x1b`.

    Tabs and newlines stay; with `colours`, so do SGR sequences (`ESC [ … m`).
    """
    return (_COLOURED if colours else _PLAIN).sub(_escaped, text)


def one_line(text: str) -> str:
    """`visible` text with escapes for newlines and tabs too: one log line stays one line."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def coloured_line(text: str) -> str:
    """One `visible` line with its colours, which end with it. A carriage return at its end is left out."""
    line = visible(text.removesuffix("\r"), colours=True).replace("\n", "\\n")
    return line + _RESET if "\x1b" in line and not line.endswith(_RESET) else line


def without_sequences(text: str) -> str:
    """The text without the sequences that move a terminal's cursor, set its colours (`ESC [ … m`) or make links."""
    return _SEQUENCE.sub("", text)


def abridged(text: str, most: int) -> str:
    """Shorten a text to its beginning and end. Texts up to `most` characters stay as they are."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters are left out …\n{text[-half:]}"


def visible_json(document: object, *, indent: int | None = None) -> str:
    """The document as JSON, in which every character that `visible` replaces is a `\\u` escape."""
    return escaped_json(json.dumps(document, indent=indent, ensure_ascii=False))


def escaped_json(text: str) -> str:
    """The same JSON with a `\\u` escape for every character that `visible` replaces."""
    return _PLAIN.sub(_json_escape, text)


def _escaped(found: re.Match[str]) -> str:
    if found.lastindex:
        return found[0]
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[start : start + 2].hex()}" for start in range(0, len(units), 2))


def text_of_file(data: bytes) -> str | None:
    """The text of a file, without a byte order mark; None for one that is binary or not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
