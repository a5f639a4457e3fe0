"""Help: every command explains itself, and the list of commands costs next to nothing."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from stroem.cli.main import stroem
from stroem.cli.program.commands import COMMANDS

HEAVY = {"aiohttp", "sqlalchemy", "psycopg", "obstore", "rich", "yaml", "jinja2", "asyncio", "pluggy"}


def command(name: str) -> click.Command:
    found = stroem.get_command(click.Context(stroem), name)
    assert found is not None
    return found


def names() -> list[str]:
    """The names of all commands, those of groups behind their groups."""
    found = []
    for name in COMMANDS:
        inner = command(name)
        found += [name, *(f"{name} {each}" for each in inner.commands)] if isinstance(inner, click.Group) else [name]
    return found


def leaf(name: str) -> click.Command:
    """A command that may be in a group."""
    first, *rest = name.split()
    found = command(first)
    for each in rest:
        assert isinstance(found, click.Group)
        found = found.commands[each]
    return found


@pytest.mark.parametrize("name", names())
def test_every_command_shows_an_example(name: str) -> None:
    result = CliRunner().invoke(stroem, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"stroem {name}" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    assert command(name).get_short_help_str(limit=200).rstrip(".") == COMMANDS[name].summary.rstrip(".")


GROUPS = {"workspace", "state", "artifacts", "cache", "hooks", "import", "secrets", "trigger"}


@pytest.mark.parametrize("name", sorted(set(names()) - GROUPS - {"server", "worker", "up", "completion"}))
def test_every_command_that_prints_can_print_json(name: str) -> None:
    found = leaf(name)
    options = {option for parameter in found.params for option in parameter.opts}
    assert isinstance(found, click.Group) or "--json" in options


def modules_after(*arguments: str) -> set[str]:
    script = (
        "import sys\nfrom stroem.cli.main import main\n"
        f"sys.argv = {['stroem', *arguments]!r}\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_help_loads_nothing_heavy(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    modules_after("--help")  # finds out what plugins bring
    assert not modules_after("--help") & HEAVY
    for words in (("trigger",), ("workspace", "approve"), ("workspaces",)):
        assert not modules_after(*words, "--help") & {"aiohttp", "sqlalchemy", "psycopg", "rich", "yaml"}


def test_a_wrong_name_is_met_with_the_nearest_right_one() -> None:
    result = CliRunner().invoke(stroem, ["job"])
    assert result.exit_code == 2
    assert "Did you mean 'jobs'?" in result.output
