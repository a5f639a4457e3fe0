"""Secrets of stores: read in batches, by whom the settings allow it, and again when they are old."""

import asyncio
import logging

import pytest

from stroem.definitions.secret_reference import SecretReference, reference_of
from stroem.interfaces.secret_store import StoreFailed
from stroem.orchestrator.secrets.stores import SecretStores
from stroem.orchestrator.secrets.values import SecretValue, SecretValues
from stroem.settings.secret_stores import SecretStoreSettings
from tests.support.safe_store import Safe

ALL = {"*": ("*",)}


@pytest.fixture(autouse=True)
def _empty() -> None:
    Safe.empty()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Site:
    def __init__(self) -> None:
        self.stores = SecretStores({"safe": Safe})
        self.clock = Clock()
        self.values = SecretValues(self.stores, self.clock)

    async def replace(self, **stores: SecretStoreSettings) -> None:
        await self.stores.replace(stores)

    async def read(self, *places: str, workspace: str = "shop", store: str = "a") -> dict[str, SecretValue]:
        wanted = [reference(place, store) for place in places]
        missing = [one for one in wanted if self.values.get(workspace, one, fresh=True) is None]
        await self.values.read(workspace, missing)
        found = {one.place: self.values.get(workspace, one, fresh=True) for one in wanted}
        return {place: value for place, value in found.items() if value is not None}


def reference(place: str, store: str = "a") -> SecretReference:
    found = reference_of(f"ref+{store}://{place}")
    assert found is not None
    return found


def safe(**more: object) -> SecretStoreSettings:
    return SecretStoreSettings(type="safe", **{"allow": ALL, **more})  # type: ignore[arg-type]


@pytest.fixture
async def site() -> Site:
    made = Site()
    await made.replace(a=safe())
    return made


async def test_secrets_are_read_in_one_call_and_kept_until_they_are_old(site: Site) -> None:
    Safe.held |= {"x": "value-of-x", "y#/k": "value-of-y"}
    found = await site.read("x", "y#/k", "z")
    assert (found["x"].value, found["y#/k"].value) == ("value-of-x", "value-of-y")
    assert (found["z"].value, found["z"].reason) == (None, "has no such secret")
    await site.read("x", "y#/k", "z")
    assert Safe.reads == [["x", "y#/k", "z"]]
    site.clock.now += 11
    await site.read("x", "y#/k", "z")
    assert Safe.reads[1:] == [["z"]]
    site.clock.now += 50
    await site.read("x", "y#/k")
    assert Safe.reads[2:] == [["x", "y#/k"]]


async def test_an_old_value_is_good_enough_to_mask(site: Site) -> None:
    Safe.held["x"] = "the-first"
    await site.read("x")
    site.clock.now += 1e6
    assert site.values.get("shop", reference("x"), fresh=True) is None
    known = site.values.get("shop", reference("x"), fresh=False)
    assert known is not None
    assert known.known == ("the-first",)


async def test_former_values_are_known_whatever_follows(site: Site) -> None:
    for number in range(12):
        Safe.held["x"] = f"value-{number}"
        await site.read("x")
        site.clock.now += 61
    Safe.failure.append(StoreFailed("is away"))
    found = (await site.read("x"))["x"]
    assert (found.value, found.reason) == (None, "is away")
    assert found.known == tuple(f"value-{number}" for number in range(11, 3, -1))


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (StoreFailed("is away:\nwait"), "is away:\\nwait"),
        (ValueError("s3cret-in-a-message"), "failed with ValueError"),
        (asyncio.CancelledError(), "did not answer within 1 s"),
    ],
)
async def test_a_store_that_fails_fails_alone_and_is_left_alone_for_a_while(
    site: Site, failure: BaseException, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await site.replace(a=safe(timeout=1), b=SecretStoreSettings(type="safe", allow=ALL))
    Safe.held["x"] = "value-of-x"
    await site.read("x", store="b")
    Safe.failure.append(failure)
    found = await site.read("x", "y")
    assert {place: (one.value, one.reason) for place, one in found.items()} == {
        "x": (None, reason),
        "y": (None, reason),
    }
    assert (await site.read("x", store="b"))["x"].value == "value-of-x"
    reads = len(Safe.reads)
    Safe.failure.clear()
    site.clock.now += 29
    await site.read("x")
    assert len(Safe.reads) == reads
    site.clock.now += 2
    assert (await site.read("x"))["x"].value == "value-of-x"
    assert reason in caplog.text
    assert "s3cret" not in caplog.text
    assert "value-of-x" not in caplog.text


@pytest.mark.parametrize(
    ("allow", "workspace", "place", "is_allowed"),
    [
        ({}, "shop", "x", False),
        ({"shop": ("x",)}, "shop", "x", True),
        ({"shop": ("x",)}, "shop", "x/y", False),
        ({"shop": ("x",)}, "shop2", "x", False),
        ({"shop": ()}, "shop", "x", False),
        ({"shop*": ("shop/*",)}, "shop-eu", "shop/a/b", True),
        ({"shop*": ("shop/*",)}, "shop-eu", "shopping/a", False),
        ({"other": ("*",), "shop": ("y",)}, "shop", "x", False),
        ({"*": ("common/*",), "shop": ("shop/*",)}, "shop", "common/x", True),
    ],
)
async def test_a_workspace_reads_what_the_settings_allow(
    site: Site, allow: dict[str, tuple[str, ...]], workspace: str, place: str, is_allowed: bool
) -> None:
    Safe.held[place] = "the-value"
    await site.replace(a=safe(allow=allow))
    found = (await site.read(place, workspace=workspace))[place]
    if is_allowed:
        assert found.value == "the-value"
    else:
        assert found.value is None
        assert found.reason == "does not allow it: secret_stores.a.allow has no such path for this workspace"
        assert Safe.reads == []


async def test_what_one_workspace_has_read_is_not_given_to_another(site: Site) -> None:
    Safe.held["x"] = "the-value"
    await site.replace(a=safe(allow={"shop": ("*",)}))
    assert (await site.read("x"))["x"].value == "the-value"
    assert (await site.read("x", workspace="bank"))["x"].value is None


async def test_a_store_that_is_not_set_is_named(site: Site) -> None:
    found = await site.read("x", store="b")
    assert found["x"].reason == "is not among the settings of the server (secret_stores: a)"


@pytest.mark.parametrize(
    ("answer", "reason"), [(7, "no value"), ("", "no value"), ("a\0b", "NUL"), ("x" * 65537, "65536")]
)
async def test_an_answer_that_is_no_usable_text_is_none(site: Site, answer: object, reason: str) -> None:
    Safe.held["x"] = answer  # type: ignore[assignment]
    found = (await site.read("x"))["x"]
    assert found.value is None
    assert reason in found.reason


async def test_reads_at_the_same_time_are_one(site: Site) -> None:
    Safe.held["x"] = "the-value"
    await asyncio.gather(*(site.values.read("shop", [reference("x")]) for _ in range(5)))
    assert Safe.reads == [["x"]]


async def test_changed_settings_are_read_with_at_once_and_others_stay_open(site: Site) -> None:
    Safe.held["x"] = "the-value"
    await site.replace(a=safe(options={"title": "first"}), b=safe(options={"title": "second"}))
    await site.read("x")
    await site.read("x", store="b")
    await site.replace(a=safe(options={"title": "first"}), b=safe(options={"title": "third"}))
    assert Safe.closed == ["safe", "second"]
    await site.read("x")
    await site.read("x", store="b")
    assert Safe.reads == [["x"], ["x"], ["x"]]
    await site.stores.close()
    assert Safe.closed == ["safe", "second", "first", "third"]
    assert site.values.get("shop", reference("x"), fresh=False) is None


async def test_a_store_that_cannot_be_made_is_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    await site.replace(a=safe(options={"wrod": "s3cret"}))
    assert "secret_stores.a.wrod" in caplog.text
    assert "s3cret" not in caplog.text
    assert site.stores.names == ()


def test_the_text_of_a_value_has_no_value() -> None:
    assert "s3cret" not in repr(SecretValue(value="s3cret", until=1.0, store=None, former=("s3cret",)))
