"""PostgreSQL's own programs, and backups as files."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import NoReturn

CHUNK_BYTES = 1024 * 1024


def fail(message: str) -> NoReturn:
    """Ends the step with a sentence."""
    sys.stderr.write(f"{message}\n")
    sys.exit(1)


def setting(name: str) -> str:
    """What the action says."""
    return os.environ.get(f"POSTGRES_{name}", "")


def number(name: str) -> int:
    """A whole number that the action says."""
    given = setting(name)
    if not given.isascii() or not given.isdigit():
        fail(f"`{name.lower()}` is {given!r}: it must be a number from 0")
    return int(given)


def run(program: str, *arguments: str, stdin: str | None = None) -> str:
    """What a program prints. The connection is in its environment, where only its own user can look.

    Ends the step when the program fails.
    """
    folder = setting("PROGRAMS")
    path = shutil.which(program, path=folder or None)
    if path is None:
        where = f"in {folder}" if folder else "on the worker's PATH"
        fail(f"{program} is not {where}: install PostgreSQL's client programs, or name their folder with `programs`")
    environment = {name: value for name, value in os.environ.items() if value or not name.startswith("PG")}
    environment.setdefault("PGCONNECT_TIMEOUT", "20")
    done = subprocess.run(  # noqa: S603 (no shell, and the program is one of PostgreSQL's)
        [path, *arguments], input=stdin, capture_output=True, encoding="utf-8", errors="replace", env=environment
    )
    if done.returncode:
        fail(f"{program} failed: {done.stderr.strip()}")
    sys.stderr.write(done.stderr)
    return done.stdout


def tables_of(file: pathlib.Path) -> int:
    """How many tables a backup has data of. Ends the step when it cannot be restored."""
    listed = run("pg_restore", "--list", "--", str(file)).splitlines()
    return sum(" TABLE DATA " in line for line in listed if not line.startswith(";"))


def read_whole(file: pathlib.Path) -> None:
    """Reads a backup to its end as a restore does. Ends the step when something in it is damaged."""
    run("pg_restore", "--file=/dev/null", "--", str(file))


def sha256_of(file: pathlib.Path) -> str:
    """The SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def checksum_file(file: pathlib.Path) -> pathlib.Path:
    """Where the SHA-256 of a backup is written, as `sha256sum --check` reads it."""
    return file.with_name(f"{file.name}.sha256")


def verified() -> dict[str, object]:
    """The output of a step about a backup that is good. Ends the step when it is not."""
    file = pathlib.Path(setting("FILE"))
    if not file.is_file():
        fail(f"there is no file {file}")
    digest = sha256_of(file)
    with contextlib.suppress(FileNotFoundError):
        written = checksum_file(file).read_text().split()
        if written[:1] != [digest]:
            fail(f"{file} is not what was written: its SHA-256 is {digest}, not {' '.join(written[:1])}")
    read_whole(file)
    return {"file": str(file), "bytes": file.stat().st_size, "sha256": digest, "tables": tables_of(file)}


def say(output: dict[str, object]) -> None:
    """Prints the step's output."""
    sys.stdout.write(f"OUTPUT: {json.dumps(output)}\n")
