"""No secret gets out: every way of writing one, cut anywhere, by every way out.

The examples are the same in each run. `STROEM_LEAK_EXAMPLES=5000` looks for others.
"""

import base64
import json
import os
import shlex
from collections.abc import Callable, Sequence
from urllib.parse import quote, quote_plus

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from stroem.redaction.log_redactor import LogRedactor
from stroem.redaction.redactor import MARKER, Redactor

SEARCH = int(os.environ.get("STROEM_LEAK_EXAMPLES", "0"))
EXAMPLES = settings(max_examples=SEARCH or 150, derandomize=not SEARCH, deadline=None, database=None)
VISIBLE = 3
"""The most characters of a secret that may be seen where it is cut."""

FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after one byte": lambda text: base64.b64encode(b"\xff" + text.encode()).decode(),
    "base64 after two bytes": lambda text: base64.b64encode(b"\xff\xff" + text.encode() + b"\xff").decode(),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "URL": lambda text: quote(text, safe=""),
    "URL with slashes": quote,
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in Unicode": lambda text: orjson.dumps(text).decode()[1:-1],
    "shell": shlex.quote,
}
PRINTED = st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["C", "Z"])
LINES = st.text(PRINTED, min_size=8, max_size=40)
SECRETS = st.lists(LINES, min_size=1, max_size=3).map("\n".join)
AROUND = st.sampled_from(["", "~", "~ ~", "~~~ ~~~~~~ ~~"])


def seen(text: str, form: str) -> str:
    """The longest part of a form that a text shows."""
    shown = text.replace(MARKER, "\0")
    for size in range(len(form), 0, -1):
        for at in range(len(form) - size + 1):
            if form[at : at + size] in shown:
                return form[at : at + size]
    return ""


def inner(name: str, form: str) -> str:
    """The part of a form that comes of the secret alone: base64 shares its ends with what stands beside it."""
    if name == "shell":
        return form.strip("'")
    return form[4:-4] if name.startswith("base64") else form


def assert_hidden(name: str, text: str, form: str) -> None:
    part = seen(text, inner(name, form))
    assert len(part) <= VISIBLE, f"{name}: {part!r} is seen in {text!r}"


def records(texts: Sequence[str], stream: str = "stdout") -> bytes:
    return b"".join(orjson.dumps({"ts": "t", "stream": stream, "line": text}) + b"\n" for text in texts)


def lines_of(data: bytes) -> list[str]:
    return [orjson.loads(line)["line"] for line in data.splitlines()]


@EXAMPLES
@given(SECRETS, st.sampled_from(sorted(FORMS)), AROUND, AROUND)
def test_values_errors_and_keys_show_none(secret: str, name: str, before: str, behind: str) -> None:
    redactor = Redactor([{"deep": [secret]}])
    for line in secret.split("\n"):
        form = FORMS[name](line)
        text = f"{before}{form}{behind}"
        assert_hidden(name, redactor.line(text), form)
        assert_hidden(name, redactor.text(text), form)
        value = redactor.value({text: [text, {"a": text}], "b": (text,)})
        assert_hidden(name, "~".join(str(one) for one in _leaves(value)), form)


@EXAMPLES
@given(SECRETS, st.sampled_from(sorted(FORMS)), AROUND, AROUND)
def test_the_whole_of_several_lines_shows_none(secret: str, name: str, before: str, behind: str) -> None:
    """JSON, shells and plain texts keep the lines of a value apart; others join them."""
    if name.startswith(("base64", "hex", "HEX", "URL", "form")):
        return
    shown = Redactor([secret]).line(f"{before}{FORMS[name](secret)}{behind}")
    for line in secret.split("\n"):
        assert_hidden(name, shown, FORMS[name](line).strip("'"))


@EXAMPLES
@given(SECRETS, st.sampled_from(sorted(FORMS)), AROUND, AROUND, st.data())
def test_a_line_that_is_cut_shows_none(secret: str, name: str, before: str, behind: str, data: st.DataObject) -> None:
    """Between two lines of a chunk, or between two chunks."""
    redactor = LogRedactor(Redactor([secret]))
    line = data.draw(st.sampled_from(secret.split("\n")))
    form = FORMS[name](line)
    text = f"{before}{form}{behind}"
    at = data.draw(st.integers(0, len(text)))
    together = lines_of(redactor.apply(records([text[:at], text[at:]])))
    apart = [*lines_of(redactor.apply(records([text[:at]]))), *lines_of(redactor.apply(records([text[at:]])))]
    for found in (together, apart):
        assert len(found) == 2
        assert_hidden(name, "\0".join(found), form)


@EXAMPLES
@given(SECRETS, st.sampled_from(sorted(FORMS)), st.data())
def test_a_log_in_any_chunks_shows_none(secret: str, name: str, data: st.DataObject) -> None:
    """Whole lines of a value, between others, of two streams, in chunks that end anywhere."""
    redactor = LogRedactor(Redactor([secret]))
    forms = [FORMS[name](line) for line in secret.split("\n")]
    texts = ["~", *forms, "~ ~", *(f"~{form}~" for form in forms)]
    streams = data.draw(st.lists(st.sampled_from(["stdout", "stderr"]), min_size=len(texts), max_size=len(texts)))
    lines = [records([text], stream) for text, stream in zip(texts, streams, strict=True)]
    at = data.draw(st.integers(0, len(lines)))
    shown = lines_of(redactor.apply(b"".join(lines[:at])) + redactor.apply(b"".join(lines[at:])))
    assert len(shown) == len(texts)
    for form in forms:
        assert_hidden(name, "\0".join(shown), form)


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [one for key, entry in value.items() for one in (key, *_leaves(entry))]
    return [one for entry in value for one in _leaves(entry)] if isinstance(value, list) else [value]
