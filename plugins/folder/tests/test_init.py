"""`stroem init` makes a workspace that runs, and spoils none that exists."""

from pathlib import Path

import click
from click.testing import CliRunner

from stroem.dialects.environment import Environment
from stroem.registry.registry import load_plugins
from stroem.validation import checker
from stroem_folder.init import FILES, init
from stroem_folder.source import FolderSource
from tests.support.parsing import parse


@click.group()
def program() -> None:
    """Stands for `stroem`."""


@program.command()
def schema() -> None:
    click.echo('{"title": "Workflow"}')


program.add_command(init)


async def test_the_new_workspace_is_valid(tmp_path: Path) -> None:
    result = CliRunner().invoke(program, ["init", str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    snapshot = await FolderSource(path=tmp_path / "new").fetch(None)
    assert [file.path for file in snapshot.files] == [
        ".gitignore",
        ".workflows/hello.yaml",
        ".workflows/schema.json",
        "scripts/greet.sh",
    ]
    assert snapshot.files[3].mode & 0o111
    hello = tmp_path / "new" / ".workflows" / "hello.yaml"
    parsed = parse(".workflows/hello.yaml", hello.read_bytes())
    runners = {name: runner.Options for name, runner in load_plugins().runners.items()}
    environment = Environment(runners=runners, files={file.path for file in snapshot.files})
    found = checker.validate({parsed.path: parsed}, lambda _: hello.read_bytes(), environment)
    assert found.problems == ()
    assert list(found.definitions.tasks) == ["hello"]


def test_editors_find_the_schema_beside_the_file(tmp_path: Path) -> None:
    CliRunner().invoke(program, ["init", str(tmp_path)])
    first_line = (tmp_path / ".workflows" / "hello.yaml").read_text().splitlines()[0]
    assert first_line == "# yaml-language-server: $schema=schema.json"
    assert (tmp_path / ".workflows" / "schema.json").read_text() == '{"title": "Workflow"}\n'


def test_files_that_exist_stay_as_they_are(tmp_path: Path) -> None:
    for path in (*FILES, ".workflows/schema.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("mine")
    result = CliRunner().invoke(program, ["init", str(tmp_path)])
    assert result.exit_code == 0
    assert result.output.count("kept") == 4
    assert {file.read_text() for file in tmp_path.rglob("*") if file.is_file()} == {"mine"}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / ".workflows").write_text("a file")
    result = CliRunner().invoke(program, ["init", str(tmp_path)])
    assert result.exit_code == 1
    assert "Error: cannot write" in result.output


def test_the_plugin_brings_the_source_and_the_command() -> None:
    registry = load_plugins()
    assert registry.source("folder") is FolderSource
    assert "init" in {command.name for command in registry.commands()}
