"""Amounts of resources."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.action import Resources
from stroem.definitions.amounts import amount_of, fits, needed, offered, shortage, written


@pytest.mark.parametrize(
    ("name", "text", "amount"),
    [
        ("cpu", "500m", 500),
        ("cpu", "2", 2000),
        ("cpu", "0.0001", 1),
        ("memory", "512Mi", 512 * 1024**2 * 1000),
        ("memory", "512m", 512 * 1024**2 * 1000),
        ("memory", "1G", 10**12),
        ("license", "2", 2000),
        ("license", "500m", 500),
    ],
)
def test_amounts(name: str, text: str, amount: int) -> None:
    assert amount_of(name, text) == amount


@pytest.mark.parametrize("text", ["", "many", "-1", "1e3", "1 Gi", "0x1", "9" * 19])
def test_no_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount such as 500m"):
        amount_of("cpu", text)


def test_what_a_step_takes() -> None:
    resources = Resources(cpu="500m", memory="1Gi", pids=5, shm="1Gi", gpus=-1, named={"license": "1"})
    assert needed(resources) == (("cpu", 500), ("gpus", 1000), ("license", 1000), ("memory", 1024**3 * 1000))
    assert needed(Resources(cpu="as much as there is")) == ()  # told by its runner
    assert needed(None) == ()


def test_what_is_not_declared_is_not_limited() -> None:
    assert fits([("license", 99000)], {})
    assert fits([("license", 99000)], {"cpu": 0})
    assert not fits([("license", 2000)], {"license": 1999})


def test_an_offer_with_a_fault() -> None:
    with pytest.raises(ValueError, match=r"resources\.License: 'License' is no name of a resource"):
        offered({"License": "1"})
    with pytest.raises(ValueError, match=r"resources\.pids: it is a limit of each container"):
        offered({"pids": "1"})
    with pytest.raises(ValueError, match="more than 0"):
        offered({"cpu": "0"})
    with pytest.raises(ValueError, match="is a unit missing, as in 8Gi"):
        offered({"memory": "8"})
    assert offered({"license": "0"}) == (("license", 0),)


@given(st.sampled_from(["cpu", "memory", "license"]), st.one_of(st.integers(0, 2**62), st.integers(0, 10**6)))
def test_an_amount_is_read_as_it_is_written(name: str, amount: int) -> None:
    assert amount_of(name, written(name, amount)) == amount


@pytest.mark.parametrize("text", ["8Gi", "1536Mi", "512M", "1.5", "0"])
def test_amounts_are_written_as_people_write_them(text: str) -> None:
    assert written("memory", amount_of("memory", text)) == text


def test_the_shortage_of_offers() -> None:
    offers = [{"cpu": 4000}, {"cpu": 8000, "license": 1000}]
    assert shortage((("cpu", 8000),), offers) is None
    assert shortage((("cpu", 9000),), offers) == "it takes cpu 9, and the largest offer is 8"
    assert shortage((("cpu", 8000), ("license", 2000)), offers) == (
        "it takes cpu 8, license 2, and none offers all of that"
    )
    assert shortage((("cpu", 9000),), []) is None
