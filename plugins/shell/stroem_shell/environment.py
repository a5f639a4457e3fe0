"""Environment variables that steps inherit from the worker."""

import os
import pwd
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PASSED = ("TZ", "LANG")
NEVER = "STROEM_*"


def base_environment(worker: Mapping[str, str], patterns: Sequence[str]) -> dict[str, str]:
    """PATH, HOME, USER, LANG, TZ, and the variables whose names match a pattern such as `AWS_*`.

    Strøm's own settings, its token among them, are never passed on.
    """
    account = _account()
    base = {"PATH": DEFAULT_PATH, "LANG": "C.UTF-8", **account}
    names = {"PATH", "HOME", "USER", *PASSED}
    for name, value in worker.items():
        wanted = name in names or any(fnmatchcase(name, pattern) for pattern in patterns)
        if wanted and not fnmatchcase(name, NEVER):
            base[name] = value
    return base


def _account() -> dict[str, str]:
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return {"HOME": "/"}  # a container may run under an id that has no name
    return {"HOME": entry.pw_dir, "USER": entry.pw_name}
