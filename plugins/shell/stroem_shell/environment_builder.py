"""A program that makes an environment of Python packages by uv, and removes those that were not used for longest.

It runs as a process of the step, as the step's user, and needs the standard library only.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

USED = "used"
"""A file in a complete environment: processes that run in it have it open, and its time is that of the last start."""

LONGEST_SECS = 24 * 3600
"""The age of what an ended step has left unfinished, at which it is removed."""

FRESH_SECS = 60
"""Seconds after its last use in which an environment stays in any case."""

_NEW, _GONE = ".new-", ".gone-"


def main(arguments: Sequence[str]) -> int:
    """Makes the environment at a path, unless it is there by then; the second argument is a JSON object."""
    environment, order = Path(arguments[0]), json.loads(arguments[1])
    parent = environment.parent
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = parent / f"{_NEW}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        _say(f"Installing {', '.join(order['dependencies'])}")
        uv, base = order["uv"], order["python"]
        _run(uv, "venv", "--relocatable", *_python(base), str(made))
        python = str(made / "bin" / "python")
        _run(uv, "pip", "install", "--compile-bytecode", "--python", python, *order["dependencies"])
        (made / USED).touch()
        if environment.exists() and not os.access(environment / "bin" / "python", os.X_OK):
            _remove(environment)  # a step has damaged it
        with contextlib.suppress(OSError):  # another step has made it meanwhile
            made.rename(environment)
    except subprocess.CalledProcessError as error:
        _say("The dependencies cannot be installed.")
        return error.returncode
    finally:
        shutil.rmtree(made, ignore_errors=True)
    with contextlib.suppress(OSError):
        prune(parent, environment, order["most_bytes"])
    return 0


def prune(parent: Path, kept: Path, most_bytes: int) -> None:
    """Removes environments until all have at most so many bytes together, but none that is in use."""
    _remove_unfinished(parent)
    times: dict[Path, float] = {}
    for one in parent.iterdir():
        with contextlib.suppress(OSError):  # another step may remove it at the same time
            times[one] = (one / USED).stat().st_mtime
    found = sorted(times, key=times.__getitem__)
    sizes = {one: _size(one) for one in found}
    total = sum(sizes.values())
    open_files = _open_files() if total > most_bytes else frozenset()
    for one in found:
        if total <= most_bytes:
            return
        if one != kept and str(one / USED) not in open_files and not _is_fresh(one):
            _remove(one)
            total -= sizes[one]


def _is_fresh(environment: Path) -> bool:
    """Whether a step may be about to start in it."""
    with contextlib.suppress(OSError):
        return time.time() - (environment / USED).stat().st_mtime < FRESH_SECS
    return False


def _remove(environment: Path) -> None:
    """Removes an environment at once, unless another step does it."""
    gone = environment.parent / f"{_GONE}{secrets.token_hex(4)}"
    with contextlib.suppress(OSError):
        environment.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _remove_unfinished(parent: Path) -> None:
    """Removes what steps have left that ended while they made or removed an environment."""
    for one in parent.iterdir():
        with contextlib.suppress(OSError):
            is_old = time.time() - one.stat().st_mtime > LONGEST_SECS
            if one.name.startswith((_NEW, _GONE)) and is_old:
                shutil.rmtree(one, ignore_errors=True)


def _run(uv: str, *arguments: str) -> None:
    subprocess.run([uv, "--quiet", "--no-config", *arguments], check=True)  # noqa: S603 (packages of the step)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _python(base: str | None) -> list[str]:
    return [] if base is None else ["--python", base]


def _size(folder: Path) -> int:
    return sum(
        _file_size(os.path.join(path, name))  # noqa: PTH118 (of very many files)
        for path, _, names in os.walk(folder)
        for name in names
    )


def _file_size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0  # another step removes it


def _open_files() -> frozenset[str]:
    """The environments' files that processes of this user have open."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            for descriptor in folder.iterdir():
                with contextlib.suppress(OSError):
                    target = str(descriptor.readlink())
                    if target.endswith(f"/{USED}"):
                        found.add(target)
    return frozenset(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
