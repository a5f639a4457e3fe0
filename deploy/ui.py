"""Builds the web UI into the Python package, and runs scripts of `ui/package.json` with the environment's Node.

`ui.py build` builds when the sources have changed since the last build; with `--optional` a failure is told and is no
error. `ui.py run SCRIPT` runs a script of npm. Both install npm's packages as the lock file names them. Run it with the
Python of the project's environment: Node is there.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.prefix) / "bin"
UI = ROOT / "ui"
MODULES = UI / "node_modules"
SCHEMA = ROOT / "schemas" / "openapi.json"
OUTPUT = UI / "dist"
SERVED = ROOT / "stroem" / "server" / "ui" / "dist"
STAMP = ".sources"
"""The file beside the built ones with the digest of what they were built from."""

_NO_SOURCES = {"node_modules", "dist", ".tanstack", "routeTree.gen.ts", "schema.d.ts"}
_INSTALL = ("ci", "--prefer-offline", "--loglevel=error")
_SHOWN_LINES = 25


class Failure(Exception):
    """The UI cannot be built; the message says why."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build").add_argument("--optional", action="store_true")
    commands.add_parser("run").add_argument("script")
    arguments = parser.parse_args()
    try:
        if arguments.command == "build":
            build(retries=0 if arguments.optional else 2)
            return 0
        with locked():
            install_packages()
        return subprocess.run(npm("run", arguments.script), cwd=UI, env=environment()).returncode
    except Failure as error:
        print(f"The web UI is not built: {error}", file=sys.stderr)
        if arguments.command == "build" and arguments.optional:
            state = "with the UI of an earlier build" if (SERVED / "index.html").is_file() else "without it"
            print(f"Strøm starts {state}; everything else works. `make ui` tries again.", file=sys.stderr)
            return 0
        return 1


def build(retries: int) -> None:
    """Builds the UI if its sources have changed, and puts it in the place of the former one.

    Without a network, npm takes a minute for each of its `retries`.
    """
    with locked():
        digest = sources_digest()
        with contextlib.suppress(OSError):
            if (SERVED / STAMP).read_text() == digest:
                return
        print("Building the web UI, which takes a minute; it is built again only when ui/ changes ...", flush=True)
        install_packages(retries)
        run_quietly("run", "build")
        (OUTPUT / STAMP).write_text(digest)
        replace_served()


def replace_served() -> None:
    """Moves the built files to the place from which the server reads them: all at once."""
    MODULES.mkdir(exist_ok=True)
    former = MODULES / ".former-dist"  # where git and the digest ignore it
    shutil.rmtree(former, ignore_errors=True)
    if SERVED.exists():
        SERVED.rename(former)
    OUTPUT.rename(SERVED)
    shutil.rmtree(former, ignore_errors=True)


def install_packages(retries: int = 2) -> None:
    """Installs the packages of the lock file unless they are there."""
    if not (UI / "package-lock.json").is_file():
        raise Failure(f"there is no {UI / 'package-lock.json'}")
    if not is_installed():
        run_quietly(*_INSTALL, f"--fetch-retries={retries}")


def is_installed() -> bool:
    """Whether npm's record of what it has installed agrees with the lock file."""
    try:
        found = json.loads((MODULES / ".package-lock.json").read_text())["packages"]
    except (OSError, ValueError, KeyError):
        return False
    locked = {name: one for name, one in json.loads((UI / "package-lock.json").read_text())["packages"].items() if name}
    needed = {name for name, one in locked.items() if not (one.get("optional") or one.get("peer"))}
    same = all(name in locked and one.get("version") == locked[name].get("version") for name, one in found.items())
    return same and needed <= found.keys()


def run_quietly(*arguments: str) -> None:
    """Runs npm; its output is shown only when it fails."""
    done = subprocess.run(npm(*arguments), cwd=UI, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
        shown = "".join(f"\n  {line}" for line in lines)
        raise Failure(f"`npm {' '.join(arguments)}` in ui/ failed:{shown}")


def npm(*arguments: str) -> list[str]:
    """The command line of npm."""
    if not (BIN / "npm").exists():
        raise Failure("Node is not in this environment; `make install` installs it")
    return [str(BIN / "node"), str(BIN / "npm"), *arguments]


def environment() -> dict[str, str]:
    """The environment of npm, in which its scripts find Node."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def sources_digest() -> str:
    """A hash of the names and contents of all that the build reads."""
    digest = hashlib.sha256()
    for path in (*source_files(UI), SCHEMA):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def source_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _NO_SOURCES:
            continue
        if path.is_dir():
            yield from source_files(path)
        elif path.is_file():
            yield path


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Holds off other runs of this program in this checkout."""
    if not UI.is_dir():
        raise Failure(f"there is no folder {UI}")
    descriptor = os.open(UI, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
