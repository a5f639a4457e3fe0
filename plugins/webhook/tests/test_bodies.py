"""Bodies of requests by content type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.conversion.json_value import faults
from stroem.definitions.values import Json
from stroem.interfaces.triggers.http_trigger import HookRefused
from stroem.testing.http_trigger_conformance import hook_request
from stroem_webhook.bodies import Body, read_body

BOUNDARY = "----form"


def read(content_type: str, body: bytes) -> Body:
    return read_body(hook_request(headers={"content-type": content_type}, body=body))


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("application/cloudevents+json; charset=utf-8", b"[1]", [1]),
        ("text/x; application/json", b"1", 1),
        ("application/json", b'{"a": ', '{"a": '),
        ("application/json", b"9" * 30, "9" * 30),
        ("application/json", b'"\\u0000"', '"\\u0000"'),
        ("application/json", b"[" * 100 + b"]" * 100, "[" * 100 + "]" * 100),
        ("application/x-www-form-urlencoded", b"a=1&b=%C3%A9&a=2&c=", {"a": ["1", "2"], "b": "é", "c": ""}),
        ("text/xml; charset=iso-8859-1", b"<a>\xe9</a>", "<a>é</a>"),
        ("text/plain; charset=none", b"a\x00\xff", "a\ufffd\ufffd"),
        ("", b"text", "text"),
        ("application/json", b"", None),
    ],
)
def test_values(content_type: str, body: bytes, value: Json) -> None:
    assert read(content_type, body) == Body(value=value)


def part(disposition: str, data: bytes, content_type: str = "") -> bytes:
    kind = f"\r\nContent-Type: {content_type}" if content_type else ""
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}{kind}\r\n\r\n".encode() + data + b"\r\n"


def multipart(*parts: bytes) -> Body:
    return read(f'multipart/form-data; boundary="{BOUNDARY}"', b"".join(parts) + f"--{BOUNDARY}--\r\n".encode())


def test_fields_and_files() -> None:
    png = b"\x89PNG\r\n\x1a\n\x00"
    found = multipart(
        part('name="title"', "é".encode()),
        part('name="f"; filename="C:\\dir\\a.png"', png, "image/png"),
        part('name="f"; filename="a.png"', b"", "bad type"),
        part('name="g"; filename="../../etc"', b"x"),
        part('name="h"; filename=".."', b"x"),
        part("name=\"i\"; filename*=UTF-8''%C3%A9.txt", b"x"),
    )
    assert [(file.name, file.data, file.content_type) for file in found.files] == [
        ("a.png", png, "image/png"),
        ("2-a.png", b"", "text/plain"),
        ("etc", b"x", "application/octet-stream"),
        ("file-4", b"x", "application/octet-stream"),
        ("é.txt", b"x", "application/octet-stream"),
    ]
    assert isinstance(found.value, dict)
    assert found.value["title"] == "é"
    assert found.value["f"][0] == {
        "artifact": "a.png",
        "filename": "C:\\dir\\a.png",
        "content_type": "image/png",
        "size": len(png),
    }


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nX: 1\r\n\r\n1\r\n--b--"),
        ("multipart/form-data; boundary=b", b"--b" + b"\r\n--b" * 300),
        ("application/x-www-form-urlencoded", b"a=1&" * 1001),
    ],
)
def test_forms_that_cannot_be_read(content_type: str, body: bytes) -> None:
    with pytest.raises(HookRefused) as caught:
        read(content_type, body or b"x")
    assert caught.value.status == 400


@given(
    st.sampled_from(
        ["application/json", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "t/x"]
    ),
    st.binary(max_size=200)
    | st.binary(max_size=50).map(lambda data: b"--b\r\nContent-Disposition: " + data + b"\r\n\r\n1\r\n--b--"),
)
def test_any_bytes(content_type: str, body: bytes) -> None:
    try:
        found = read(content_type, body)
    except HookRefused as error:
        assert error.status == 400  # noqa: PT017 (both outcomes are right)
    else:
        assert list(faults(found.value)) == []
