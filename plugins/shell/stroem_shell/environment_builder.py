"""A program that makes an environment of packages, and removes those that were not used for longest.

It runs as a process of the step, as the step's user, and needs the standard library only.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PLACE = "{environment}"
"""Stands for the folder of the environment in the commands that make it."""

USED = "used"
"""A file in a complete environment: processes that run in it have it open, and its time is that of the last start."""

LONGEST_SECS = 24 * 3600
"""The age of what an ended step has left unfinished, at which it is removed."""

FRESH_SECS = 60
"""Seconds after its last use in which an environment stays in any case."""

_NEW, _GONE, _LOCK = ".new-", ".gone-", ".lock-"


def main(arguments: Sequence[str]) -> int:
    """Makes the environment at a path, unless it is there by then; the second argument is a JSON object."""
    environment, order = Path(arguments[0]), json.loads(arguments[1])
    parent = environment.parent
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(environment):
        if not _is_complete(environment, order["entry"]) and (code := _make(environment, order)):
            return code
    with contextlib.suppress(OSError):
        prune(parent, environment, order["most_bytes"])
    return 0


@contextlib.contextmanager
def _alone(environment: Path) -> Iterator[None]:
    """Waits until no other process makes this environment; a killed one does not hold it."""
    file = environment.parent / f"{_LOCK}{environment.name}"
    while True:
        with file.open("w") as lock:
            with contextlib.suppress(OSError):  # where files have no locks, several may make it; the first one stays
                _take(lock.fileno())
            if not _is_at(file, lock.fileno()):
                continue  # the other step has removed it at its end
            try:
                yield
            finally:
                file.unlink(missing_ok=True)
            return


def _take(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say("Waiting for another step that installs the same dependencies")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _is_at(file: Path, descriptor: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    return False


def _is_complete(environment: Path, entry: str) -> bool:
    return (environment / USED).exists() and os.access(environment / entry, os.X_OK)


def _make(environment: Path, order: dict[str, Any]) -> int:
    """Makes the environment beside its place and then puts it there whole; returns the exit code."""
    made = environment.parent / f"{_NEW}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        _say(f"Installing {', '.join(order['dependencies'])}")
        for command in order["commands"]:
            words = [word.replace(PLACE, str(made)) for word in command]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (packages of the step)
        (made / USED).touch()
        if environment.exists():
            _remove(environment)  # a step has damaged it
        with contextlib.suppress(OSError):  # another step has made it meanwhile
            made.rename(environment)
    except subprocess.CalledProcessError as error:
        _say("The dependencies cannot be installed.")
        return error.returncode
    finally:
        shutil.rmtree(made, ignore_errors=True)
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
            elif one.name.startswith(_LOCK) and is_old:
                one.unlink()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


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
