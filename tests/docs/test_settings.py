"""docs/reference/settings.md has a row for every key, with its true default."""

import os
import types
import typing
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import yaml

from stroem.settings.access import ProviderSettings
from stroem.settings.loader import load_server_settings, load_worker_settings, server_settings, worker_settings
from stroem.settings.secret_stores import SecretStoreSettings
from stroem.settings.server import GitAuthSettings, LibrarySettings, PluginSettings, ServerSettings, WorkspaceSettings
from stroem.settings.worker import WorkerSettings
from tests.docs.page import DOCS, Block, Page, codes, pages, rows

PAGE = Page(DOCS / "reference/settings.md")
REQUIRED, NOTHING = "required", ""


WITH_OPTIONS = (
    PluginSettings,
    ProviderSettings,
    GitAuthSettings,
    LibrarySettings,
    SecretStoreSettings,
    WorkspaceSettings,
)
"""Classes whose other keys are a plugin's own."""


def keys(cls: Any, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every key below a class, written as the page writes it, with its default."""
    hints = typing.get_type_hints(cls)
    for field in attrs.fields(cls):
        if field.name == "options" and cls in WITH_OPTIONS:
            yield f"{prefix}{{}}", None
        else:
            yield from _keys_of(hints[field.name], f"{prefix}{field.name}", field.default)


def _keys_of(of: Any, name: str, default: object) -> Iterator[tuple[str, object]]:
    origin, arguments = typing.get_origin(of), typing.get_args(of)
    if origin in (typing.Union, types.UnionType):
        of = next(one for one in arguments if one is not types.NoneType)
        origin, arguments = typing.get_origin(of), typing.get_args(of)
    if attrs.has(of):
        yield from keys(of, f"{name}.")
    elif origin is dict and attrs.has(arguments[1]):
        yield from keys(arguments[1], f"{name}.{{}}.")
    elif origin is tuple and attrs.has(arguments[0]):
        yield from keys(arguments[0], f"{name}[].")
    else:
        yield (f"{name}.{{}}" if origin is dict else name), default


def shown(default: object) -> str:
    """A default as the page shows it."""
    if default is attrs.NOTHING:
        return REQUIRED
    if default is None:
        return NOTHING
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return "{}"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return f"[{', '.join(map(str, default))}]"
    return str(default)


def told(title: str) -> dict[str, str]:
    """The keys of the tables under a heading, names between braces left out, with their defaults."""
    table = rows(PAGE.section(title))
    found = {_plain(codes(row[0])[0]): row[1].strip("`") for row in table}
    assert len(found) == len(table), f"a key stands twice under {title}"
    return found


def _plain(key: str) -> str:
    parts = ["{}" if part.startswith("{") else part for part in key.split(".")]
    return ".".join(parts)


EXCEPTIONS = {"blobs.url": REQUIRED}
"""Required only when another is not set; the page says so."""


@pytest.mark.parametrize(("title", "cls"), [("Server", ServerSettings), ("Worker", WorkerSettings)])
def test_every_key_has_its_row_and_no_other(title: str, cls: type) -> None:
    known = {key: shown(default) for key, default in keys(cls)} | (EXCEPTIONS if cls is ServerSettings else {})
    table = told(title)
    assert sorted(table) == sorted(known)
    assert table == known


BLOCKS = [block for page in pages() for block in page.blocks if {"server-settings", "worker-settings"} & {*block.marks}]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_the_examples_are_valid(block: Block) -> None:
    make = server_settings if "server-settings" in block.marks else worker_settings
    make(yaml.safe_load(block.text), {})


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 5


def test_the_variables_of_the_page_are_true(tmp_path: Any) -> None:
    server = next(block for block in PAGE.blocks if "server-settings" in block.marks)
    worker = next(block for block in PAGE.blocks if "worker-settings" in block.marks)
    (tmp_path / "server.yaml").write_text(server.text.replace("default:", "my-team:"))
    (tmp_path / "worker.yaml").write_text(worker.text)
    variables = {
        "STROEM__DB__URL": "postgresql:///elsewhere",
        "STROEM__WORKSPACES__MY_TEAM__PATH": "/other",
    }
    for name in (*variables, "STROEM__TAGS"):
        assert name in PAGE.text
    settings = load_server_settings(tmp_path / "server.yaml", {**os.environ, **variables})
    assert settings.db.url == "postgresql:///elsewhere"
    assert settings.workspaces["my-team"].options["path"] == "/other"
    assert load_worker_settings(tmp_path / "worker.yaml", {"STROEM__TAGS": "[gpu, eu]"}).tags == ("gpu", "eu")
