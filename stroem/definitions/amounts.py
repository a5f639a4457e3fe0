"""Amounts of resources: what a worker offers and what a step takes of it, in thousandths."""

import functools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from stroem.definitions.action import Resources

Amounts = tuple[tuple[str, int], ...]
"""Amounts by the names of their resources, sorted."""

PLACED = ("cpu", "memory", "gpus")
"""The resources of a container that a worker may offer too."""
RESERVED = frozenset({"cpu", "memory", "pids", "shm", "gpus"})
"""The fields of `Resources`; other names are of the operator's choice."""

SIZES = ("memory", "shm")
"""The fields of `Resources` in bytes."""

_QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)(m|[EPTGMK]i?|k)?")
_UNITS: dict[str, int] = {"": 1000, "m": 1, "k": 1000**2}
_UNITS |= {unit: 1000 ** (n + 1) for n, unit in enumerate("KMGTPE", 1)}
_UNITS |= {f"{unit}i": 1000 * 1024**n for n, unit in enumerate("KMGTPE", 1)}
_MEMORY_UNITS = ("Ei", "Pi", "Ti", "Gi", "Mi", "E", "P", "T", "G", "M", "Ki", "K")
_DOCKER_SIZE = re.compile(r"([0-9]{1,18})([bkmg])")
_DOCKER_UNITS: dict[str, int] = {unit: 1000 * 1024**n for n, unit in enumerate("bkmg")}
_MOST = 2**62
_LEAST_MEMORY = _UNITS["Mi"]
_NAME = re.compile(r"[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?")


def amount_of(name: str, text: str) -> int:
    """Thousandths of `500m`, `2`, `512Mi`, `1Gi`. Sizes may be in Docker's notation: `512m` are mebibytes.

    Raises `ValueError`.
    """
    if name in SIZES and (size := _DOCKER_SIZE.fullmatch(text)):
        return min(int(size[1]) * _DOCKER_UNITS[size[2]], _MOST)
    found = _QUANTITY.fullmatch(text)
    if found is None:
        known = "size such as 512Mi, 2Gi or 2G" if name in SIZES else "amount such as 500m, 2, 512Mi or 1Gi"
        raise ValueError(f"{text!r} is no {known}")
    number, unit = found.groups(default="")
    return min(math.ceil(Fraction(number) * _UNITS[unit]), _MOST)


def faults(resources: Resources) -> Iterator[tuple[str, str]]:
    """The fields of resources that are no amounts, each with what is wrong."""
    for name in ("cpu", *SIZES):
        if (text := getattr(resources, name)) is not None:
            try:
                amount_of(name, text)
            except ValueError as error:
                yield name, str(error)


def name_fault(name: str) -> str | None:
    """What is wrong with the name of a resource."""
    if _NAME.fullmatch(name):
        return None
    return f"{name!r} is no name of a resource: small letters, digits, `-`, `_`, `.` and `/`, at most 63"


def needed(resources: Resources | None) -> Amounts:
    """What a step takes of its worker's resources. Amounts that are no numbers are left to the step's runner."""
    if resources is None:
        return ()
    written = {"cpu": resources.cpu, "memory": resources.memory, **resources.named}
    found = {name: amount for name, text in written.items() if text is not None and (amount := _amount(name, text))}
    if resources.gpus:
        found["gpus"] = max(1, resources.gpus) * 1000
    return tuple(sorted(found.items()))


def offered(resources: Mapping[str, object]) -> Amounts:
    """What a worker offers. Raises `ValueError`."""
    return _offered(tuple(sorted((name, str(value)) for name, value in resources.items())))


@functools.lru_cache(maxsize=1024)
def _offered(resources: tuple[tuple[str, str], ...]) -> Amounts:
    for name, text in resources:
        if fault := offer_fault(name, text):
            raise ValueError(f"resources.{name}: {fault}")
    return tuple((name, amount_of(name, text)) for name, text in resources)


def offer_fault(name: str, amount: object) -> str | None:
    """What is wrong with a resource that a worker offers."""
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        return "expected an amount such as 4, 500m or 8Gi"
    if name in RESERVED and name not in PLACED:
        return "it is a limit of each container, and none of a worker"
    try:
        thousandths = amount_of(name, str(amount))
    except ValueError as error:
        return str(error)
    if name == "cpu" and not thousandths:
        return "it is more than 0: a worker without processors runs nothing that names `cpu`"
    if name == "memory" and thousandths < _LEAST_MEMORY:
        return f"{amount} bytes are too few for any step; is a unit missing, as in {amount}Gi?"
    return name_fault(name)


def fits(need: Iterable[tuple[str, int]], offer: Mapping[str, int]) -> bool:
    """Whether a worker with this offer has enough. What it does not declare is not limited."""
    return all(name not in offer or amount <= offer[name] for name, amount in need)


def written(name: str, amount: int) -> str:
    """An amount as it is written: `1.5`, `4`, `8Gi`."""
    if name == "memory":
        for unit in _MEMORY_UNITS:
            if amount and amount % _UNITS[unit] == 0:
                return f"{amount // _UNITS[unit]}{unit}"
    whole, thousandths = divmod(amount, 1000)
    return f"{whole}.{thousandths:03}".rstrip("0").rstrip(".") if thousandths else str(whole)


def shown(amounts: Iterable[tuple[str, int]]) -> dict[str, str]:
    """Amounts for people, by name."""
    return {name: written(name, amount) for name, amount in amounts}


def listed(amounts: Iterable[tuple[str, int]]) -> str:
    """Amounts in a sentence: `cpu 2, memory 8Gi`."""
    return ", ".join(f"{name} {amount}" for name, amount in shown(amounts).items())


def shortage(need: Amounts, offers: Iterable[Mapping[str, int]]) -> str | None:
    """Why none of these offers is large enough, as part of a sentence; None if one is, or there are none."""
    known = tuple(offers)
    if not known or any(fits(need, offer) for offer in known):
        return None
    short = [(name, amount) for name, amount in need if all(amount > offer.get(name, _MOST) for offer in known)]
    largest = [
        f"{name} {written(name, amount)}, and the largest offer is {written(name, max(one[name] for one in known))}"
        for name, amount in short
    ]
    return f"it takes {'; '.join(largest)}" if largest else f"it takes {listed(need)}, and none offers all of that"


def _amount(name: str, text: str) -> int:
    try:
        return amount_of(name, text)
    except ValueError:
        return 0
