"""Text encoding of commits."""

import codecs
import re

_HEADER = re.compile(rb"^encoding ([\x21-\x7e]{1,40})$", re.MULTILINE)
_CHARACTERS = re.compile(r"(ascii|big5|cp\d|euc_|gb|hz|iso2022|iso8859|johab|koi8|mac|ptcp|shift_jis|tis|utf)")


def encoding_of(commit: bytes) -> str:
    """The codec of a raw commit; UTF-8 if it names none or an unknown one."""
    found = _HEADER.search(commit.partition(b"\n\n")[0])
    try:
        name = codecs.lookup(found[1].decode()).name if found else "utf-8"
    except LookupError:
        return "utf-8"
    return name if _CHARACTERS.match(name) else "utf-8"
