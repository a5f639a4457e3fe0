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
from collections.abc import Sequence
from pathlib import Path

USED = "used"
"""A file in a complete environment: processes that run in it have it open, and its time is that of the last start."""


def main(arguments: Sequence[str]) -> int:
    """Makes the environment at a path, unless it is there by then; the second argument is a JSON object."""
    environment, order = Path(arguments[0]), json.loads(arguments[1])
    parent = environment.parent
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = parent / f".new-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        _say(f"Installing {', '.join(order['dependencies'])}")
        uv, base = order["uv"], order["python"]
        _run(uv, "venv", "--relocatable", *_python(base), str(made))
        python = str(made / "bin" / "python")
        _run(uv, "pip", "install", "--compile-bytecode", "--python", python, *order["dependencies"])
        (made / USED).touch()
        with contextlib.suppress(OSError):  # another step has made it meanwhile
            made.rename(environment)
    except subprocess.CalledProcessError as error:
        _say("The dependencies cannot be installed.")
        return error.returncode
    finally:
        shutil.rmtree(made, ignore_errors=True)
    prune(parent, environment, order["most_bytes"])
    return 0


def prune(parent: Path, kept: Path, most_bytes: int) -> None:
    """Removes environments until all have at most so many bytes together, but none that is in use."""
    found = sorted(
        (one for one in parent.iterdir() if (one / USED).exists()), key=lambda one: (one / USED).stat().st_mtime
    )
    sizes = {one: _size(one) for one in found}
    total = sum(sizes.values())
    open_files = _open_files() if total > most_bytes else frozenset()
    for one in found:
        if total <= most_bytes:
            return
        if one != kept and str(one / USED) not in open_files:
            gone = parent / f".gone-{secrets.token_hex(4)}"
            one.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
            total -= sizes[one]


def _run(uv: str, *arguments: str) -> None:
    subprocess.run([uv, "--quiet", "--no-config", *arguments], check=True)  # noqa: S603 (packages of the step)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _python(base: str | None) -> list[str]:
    return [] if base is None else ["--python", base]


def _size(folder: Path) -> int:
    return sum(
        os.lstat(os.path.join(path, name)).st_size  # noqa: PTH118 (of very many files)
        for path, _, names in os.walk(folder)
        for name in names
    )


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
