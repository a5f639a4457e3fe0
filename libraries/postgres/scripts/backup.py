"""A backup, and an end to the old ones."""

import os
import pathlib
import re
import sys
import time

from tools import checksum_file, fail, number, read_whole, run, say, setting, sha256_of, tables_of

FORMAT = "%Y%m%dT%H%M%SZ"


def main() -> None:
    """Writes the backup beside its place, looks at it, puts it there, removes old ones."""
    folder, name, keep = pathlib.Path(setting("FOLDER")), os.environ["PGDATABASE"], number("KEEP")
    if not folder.is_absolute():
        fail(f"`folder` is {str(folder)!r}: it must be an absolute path, since a step's own folder is removed")
    if "/" in name or name.startswith("."):
        fail(f"the database {name!r} cannot be in the name of a file")
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{time.strftime(FORMAT, time.gmtime())}.dump"
    if file.exists():
        fail(f"{file} is there already: another backup was made in this second")
    unfinished = folder / f".{file.name}.{os.getpid()}.unfinished"
    try:
        _dump(unfinished)
        read_whole(unfinished)
        tables, digest, size = tables_of(unfinished), sha256_of(unfinished), unfinished.stat().st_size
        checksum_file(file).write_text(f"{digest}  {file.name}\n")
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
    removed = _remove_old(folder, name, keep)
    sys.stdout.write(f"{file}: {size} bytes, {tables} tables; {len(removed)} old backups are removed\n")
    say({"file": str(file), "bytes": size, "sha256": digest, "tables": tables, "removed": removed})


def _dump(file: pathlib.Path) -> None:
    arguments = ["--format=custom", "--no-password", f"--file={file}"]
    if setting("SCHEMA_ONLY") == "true":
        arguments.append("--schema-only")
    arguments += [f"--exclude-table={table.strip()}" for table in setting("EXCLUDE").splitlines() if table.strip()]
    run("pg_dump", *arguments)


def _remove_old(folder: pathlib.Path, name: str, keep: int) -> list[str]:
    ours = re.compile(rf"{re.escape(name)}-\d{{8}}T\d{{6}}Z\.dump")
    found = sorted((each for each in folder.iterdir() if ours.fullmatch(each.name)), key=lambda each: each.name)
    old = found[:-keep] if keep else []
    for each in old:
        each.unlink(missing_ok=True)
        checksum_file(each).unlink(missing_ok=True)
    return [str(each) for each in old]


if __name__ == "__main__":
    main()
