"""Lists of names and patterns by which the owner of a worker allows what containers may have."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

USUAL_CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETPCAP", "SETUID",
)  # fmt: skip
"""Capabilities that reach nothing outside of the container."""


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns, with `*` for any text, is for the name."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def capability_name(capability: str) -> str:
    """The name of a capability as the lists have it: `CHOWN` for `cap_chown`."""
    return capability.upper().removeprefix("CAP_")
