"""SQL, and the rows that it gives."""

import csv
import io
import json
import os
import re
import sys

from tools import fail, number, run, say, setting

NULL = "\x01null\x01"
"""How psql writes null here, to tell it from an empty text."""
READ_ONLY = "-c default_transaction_read_only=on"


def main() -> None:
    """Runs the statements in one transaction and prints the step's output."""
    most, sql = number("MAX_ROWS"), setting("SQL")
    if not sql.strip():
        fail("`sql` is empty")
    if setting("READ_ONLY") == "true":
        os.environ["PGOPTIONS"] = READ_ONLY
    header, *lines = _lines(f"{_parameters()}{sql}\n") or [[]]
    if len(lines) > most:
        fail(f"the statement gave {len(lines)} rows, more than `max_rows`, {most}")
    rows = [{name: None if text == NULL else text for name, text in zip(header, line, strict=True)} for line in lines]
    sys.stdout.write(f"{len(rows)} rows\n")
    say({"rows": rows, "count": len(rows)})


def _lines(sql: str) -> list[list[str]]:
    printed = run(
        "psql",
        "--no-psqlrc",
        "--no-password",
        "--quiet",
        "--csv",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        f"--pset=null={NULL}",
        "--file=-",
        stdin=sql,
    )
    return list(csv.reader(io.StringIO(printed)))


def _parameters() -> str:
    """Commands by which psql takes the parameters out of its environment, where they can hold anything."""
    try:
        given = json.loads(setting("PARAMETERS") or "{}")
    except ValueError as error:
        fail(f"`parameters` is no JSON: {error}")
    if not isinstance(given, dict):
        fail("`parameters` is no map of names to values")
    commands = ""
    for position, (name, value) in enumerate(given.items()):
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            fail(f"{name!r} cannot be the name of a parameter")
        variable = f"POSTGRES_PARAMETER_{position}"
        os.environ[variable] = value if isinstance(value, str) else json.dumps(value)
        commands += f"\\getenv {name} {variable}\n"
    return commands


if __name__ == "__main__":
    main()
