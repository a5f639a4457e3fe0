"""References to secrets in stores."""

import pytest

from stroem.definitions.secret_reference import InvalidReference, SecretReference, reference_of, refers_to_store


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ref+vault://shop/db#/password", SecretReference(store="vault", path="shop/db", key="password")),
        ("ref+vault-eu://shop/db#/a/b", SecretReference(store="vault-eu", path="shop/db", key="a/b")),
        ("ref+env://SHOP_PASSWORD", SecretReference(store="env", path="SHOP_PASSWORD")),
        ("{{ 'ref+env://SHOP_PASSWORD' | vals }}", SecretReference(store="env", path="SHOP_PASSWORD")),
        ('{{"ref+env://A"|vals}}', SecretReference(store="env", path="A")),
    ],
)
def test_a_reference_names_store_path_and_key(text: str, found: SecretReference) -> None:
    assert reference_of(text) == found
    assert refers_to_store({"a": [text]})


@pytest.mark.parametrize(
    "text", ["", "plain", "see ref+vault://x", " ref+vault://x", "REF+vault://x", "{{ x | vals }}"]
)
def test_other_texts_are_none(text: str) -> None:
    assert reference_of(text) is None
    assert not refers_to_store({"a": [text, 1, None, True]})


@pytest.mark.parametrize(
    "text",
    [
        "ref+",
        "ref+vault",
        "ref+vault://",
        "ref+Vault://x",
        "ref+vault:///etc/passwd",
        "ref+vault://a//b",
        "ref+vault://a/../b",
        "ref+vault://./a",
        "ref+vault://a/",
        "ref+vault://a#b",
        "ref+vault://a#/",
        "ref+vault://a b",
        "ref+vault://a\n",
        "ref+vault://a\x1b",
        "ref+vault://" + "a" * 1000,
    ],
)
def test_what_begins_like_a_reference_and_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference):
        reference_of(text)
    assert refers_to_store(text)


def test_the_place_is_written_as_in_the_reference() -> None:
    assert SecretReference(store="v", path="a/b", key="c").place == "a/b#/c"
    assert SecretReference(store="v", path="a/b").place == "a/b"
