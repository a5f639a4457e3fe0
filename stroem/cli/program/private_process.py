"""The environment and memory of this process, closed to other processes of the same user."""

import ctypes
import os
from pathlib import Path

from stroem.settings.environment import PREFIX

PR_SET_DUMPABLE = 4
ENV_START = 47
"""The place of `env_start` among the fields of /proc/PID/stat that follow the program's name; `env_end` is next."""


def close_process() -> dict[str, str]:
    """Hides this process from others and returns its environment.

    `/proc/PID/environ` shows nothing afterwards; memory and descriptors are readable only with CAP_SYS_PTRACE, and
    a crash leaves no core file. Settings (`STROEM__…`) leave `os.environ`, so no child process inherits them; every
    other variable stays there.
    """
    environment = dict(os.environ)
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, *map(ctypes.c_ulong, (0, 0, 0, 0)))
    for name, value in environment.items():
        if name.upper().startswith(PREFIX):
            del os.environ[name]
        else:
            os.environ[name] = value  # libc makes a copy, away from the block that is blanked
    start, end = _environment_block()
    ctypes.memset(start, 0, end - start)
    return environment


def _environment_block() -> tuple[int, int]:
    try:
        fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    except FileNotFoundError:
        return 0, 0  # without /proc nobody can look
    return int(fields[ENV_START]), int(fields[ENV_START + 1])
