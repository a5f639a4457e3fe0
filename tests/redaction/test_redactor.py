"""Secrets are replaced in every form that programs print them in."""

import base64
import html
import json
import shlex
import subprocess
from urllib.parse import quote, quote_plus

import pytest

from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField
from stroem.engine.plan import TaskPlan
from stroem.redaction.job_secrets import hide_secret_fields, secrets_of
from stroem.redaction.log_redactor import LogRedactor
from stroem.redaction.redactor import MARKER, MOST_CHARS, Redactor, Withholder

SECRET = "pa\"ss\\wörd/é & <b>'s $x`y`"


def bash(script: str) -> str:
    done = subprocess.run(["bash", "-c", script, "bash", SECRET], capture_output=True, check=True)
    return (done.stdout + done.stderr).decode()


FORMS = {
    "verbatim": SECRET,
    "json": json.dumps(SECRET),
    "json without ASCII escapes": json.dumps(SECRET, ensure_ascii=False),
    "json with escaped slashes": json.dumps(SECRET).replace("/", "\\/"),
    "json with upper case escapes": json.dumps(SECRET).replace("\\u00f6", "\\u00F6").replace("\\u00e9", "\\u00E9"),
    "json of Go": json.dumps(SECRET, ensure_ascii=False)
    .replace("&", "\\u0026")
    .replace("<", "\\u003c")
    .replace(">", "\\u003e"),
    "url": quote(SECRET),
    "url without slashes": quote(SECRET, safe=""),
    "url of forms": quote_plus(SECRET),
    "url in lower case": quote(SECRET, safe="").replace("%C3%B6", "%c3%b6").replace("%C3%A9", "%c3%a9").replace(
        "%5C", "%5c").replace("%2F", "%2f").replace("%3C", "%3c").replace("%3E", "%3e"),
    "hex": SECRET.encode().hex(),
    "hex in upper case": SECRET.encode().hex().upper(),
    "repr": repr(SECRET),
    "shlex": shlex.quote(SECRET),
    "html": html.escape(SECRET),
    "html with &#39;": html.escape(SECRET).replace("&#x27;", "&#39;"),
    "xml": html.escape(SECRET, quote=False),
    "printf %q": bash('printf %q "$1"'),
    "printf %q in C": bash('LC_ALL=C; printf %q "$1"'),
    "${@Q}": bash('printf %s "${1@Q}"'),
    "set -x": bash('set -x; : "$1"'),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_replaced(form: str) -> None:
    shown = Redactor([SECRET]).text(f"a {FORMS[form]} z")
    assert MARKER in shown
    assert not [piece for piece in ("pa", "ss", "wö", "w\\", "7061", "%C3", "%c3") if piece in shown[1:-1]], shown


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", [b"", b"u", b"us", b"user:"])
@pytest.mark.parametrize("behind", [b"", b"\n", b"more text"])
@pytest.mark.parametrize("secret", [SECRET, "hunter22", "1234", "?>?>~~~ÿÿ"])
def test_base64_is_replaced_whatever_stands_around(encode, before: bytes, behind: bytes, secret: str) -> None:
    encoded = encode(before + secret.encode() + behind).decode()
    shown = Redactor([secret]).text(encoded)
    assert MARKER in shown
    left = len(shown.replace(MARKER, ""))
    assert left <= len(base64.b64encode(before)) + len(base64.b64encode(behind)) + 4


def test_secrets_are_replaced_wherever_they_stand() -> None:
    redactor = Redactor(["hunter22", "hunter", "abc", ""])
    assert redactor.value({"a": ["x hunter22 y hunter", 1, True, None, "abc"]}) == {
        "a": ["x •••••• y ••••••", 1, True, None, "abc"]
    }


def test_a_reference_is_hidden_whole() -> None:
    assert Redactor().value({"a": "ref+vault://x", "b": "see ref+vault://x"}) == {
        "a": "••••••",
        "b": "see ref+vault://x",
    }


def test_each_line_of_a_secret_is_one() -> None:
    redactor = Redactor(["first line\nsecond line"])
    assert redactor.text("a second line b") == "a •••••• b"
    assert redactor.text(json.dumps("first line\nsecond line")) == '"••••••\\n••••••"'


def test_secrets_may_look_like_anything() -> None:
    redactor = Redactor(['a"b\\c', "true", "null", "1234", ".*+?"])
    assert redactor.value(['a"b\\c', True, None, 1234, 12345, "xxxx", ".*+?"]) == [
        "••••••", True, None, "••••••", "••••••", "xxxx", "••••••",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        (123456, "n=123456", "n=••••••"),
        (123456, "123456.0 123456.00 123,456 1.23456e+05 1.23456E5", "••••••.0 ••••••.00 •••••• •••••• ••••••"),
        (123456, "0123456", "0••••••"),
        (123456, "9123456 1234567 3.123456 123456.7", "9123456 1234567 3.123456 123456.7"),
        (123456, "at 123456. Then 123456, and 123456", "at ••••••. Then ••••••, and ••••••"),
        (-123456, "-123456", "-••••••"),
        (1000.0, "1000 1000.0 1e+03", "•••••• ••••••.0 ••••••"),
        (3.14159, "3.14159 3.141592", "•••••• 3.141592"),
        (123, "123", "123"),
        (True, "true True 1", "true True 1"),
        (123456, base64.b64encode(b"user:123456").decode(), "dXNlcjo••••••Y="),
        (123456, b"123456".hex(), "••••••"),
    ],
)
def test_numbers_are_replaced_where_they_stand_alone(secret: float, text: str, shown: str) -> None:
    assert Redactor([secret]).text(text) == shown


def test_numbers_are_replaced_as_values() -> None:
    redactor = Redactor([{"pin": 123456, "rate": 2.5, "on": True}])
    assert redactor.value([123456, 123456.0, 123457, 2.5, True, {"123456": 1}]) == [
        "••••••", "••••••", 123457, 2.5, True, {"••••••": 1},
    ]  # fmt: skip


def test_half_a_surrogate_pair_keeps_its_place() -> None:
    assert Redactor(["hunter22"]).text("\ud800 hunter22 ü") == "\ud800 •••••• ü"


def test_the_secrets_of_a_job_are_known() -> None:
    plan = TaskPlan(
        task="t",
        nodes=(),
        actions={},
        secrets={"key": {"a": "secret-a"}, "number": 123456},
        input={
            "pin": InputField(secret=True),
            "db": InputField(type="pg"),
            "code": InputField(secret=True, default=7777),
        },
        connections={"main": Connection(type="pg", values={"port": 54321, "host": "host-name"})},
        connection_types={
            "pg": {
                "port": ConnectionProperty(secret=True),
                "pass": ConnectionProperty(secret=True, default="default-pass"),
            }
        },
    )
    found = Redactor(secrets_of(plan, {"pin": 4711, "db": {"port": 998877}}, None))
    text = "secret-a 123456 4711 54321 998877 7777 default-pass host-name"
    assert found.text(text) == " ".join([MARKER] * 7) + " host-name"
    assert hide_secret_fields(plan, {"pin": 1, "x": 2, "db": {"port": 5, "host": "h"}}) == {
        "pin": "••••••",
        "x": 2,
        "db": {"port": "••••••", "host": "h"},
    }
    assert hide_secret_fields(plan, {"pin": None}) == {"pin": None}


def test_what_may_hold_anything_is_withheld() -> None:
    assert Withholder().value({"a": ["x", 1, True, ""]}) == {"••••••": ["••••••", "••••••", True, ""]}


@pytest.mark.parametrize("secret", ["x" * (MOST_CHARS + 1), "\"\\'& é" * (MOST_CHARS // 8)])
def test_with_too_many_secrets_to_search_for_every_text_is_replaced(secret: str) -> None:
    redactor = Redactor([secret, "short"])
    assert redactor.knows_secrets
    assert redactor.value({"a": [f"the {secret}", 7, True, None]}) == {MARKER: [MARKER, MARKER, True, None]}
    logs = LogRedactor(redactor)
    assert logs.may_find(b"x")
    assert logs.apply(b'{"line":"any","stream":"stdout"}\n').decode() == f'{{"line":"{MARKER}","stream":"stdout"}}\n'
