"""Lists of names and patterns by which the owner of a worker allows what containers may have."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from stroem.conversion.suggestions import nearest

USUAL_CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETPCAP", "SETUID",
)  # fmt: skip
"""Capabilities that reach nothing outside of the container."""


CAPABILITIES = frozenset({
    *USUAL_CAPABILITIES, "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF",
    "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "IPC_LOCK", "IPC_OWNER", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN",
    "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SYSLOG", "SYS_ADMIN",
    "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE",
    "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
})  # fmt: skip
"""All capabilities of Linux, and the name for all of them."""


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns, with `*` for any text, is for the name."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def capability_name(capability: str) -> str:
    """The name of a capability as the lists have it: `CHOWN` for `cap_chown`."""
    return capability.upper().removeprefix("CAP_")


def check_capability(capability: str) -> None:
    """Raises `ValueError` for a text that names no capability."""
    if capability_name(capability) not in CAPABILITIES:
        near = nearest(capability_name(capability), CAPABILITIES)
        raise ValueError(f"{capability!r} is no capability of Linux" + (f"; did you mean {near!r}?" if near else ""))
