"""Databases as older versions left them."""

import importlib.resources
from typing import Any

import psycopg


def migrated_up_to(url: str, last: str) -> psycopg.Connection[Any]:
    """A database as the version with this migration left it."""
    connection = psycopg.connect(url)
    connection.execute("CREATE TABLE migrations (name text PRIMARY KEY, applied_at timestamptz DEFAULT now())")
    folder = importlib.resources.files("stroem.store") / "migrations"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name <= last:
            connection.execute(file.read_text().encode())
            connection.execute("INSERT INTO migrations (name) VALUES (%s)", (file.name,))
    return connection


def insert(connection: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    """Inserts a row."""
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"
    connection.execute(statement.encode(), list(row.values()))
