"""docs/reference/cli.md names every command and every option, and nothing else."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from stroem.cli.main import stroem
from stroem.cli.output import exit_codes
from stroem.cli.program.commands import COMMANDS
from tests.docs.page import DOCS, Page, codes, first_codes, pages, rows

PAGE = Page(DOCS / "reference/cli.md")
BUILT_IN_PLUGIN_COMMANDS = ("init",)


def command_named(name: str) -> click.Command:
    """The command of a name; one in a group has the group's name before its own."""
    command: click.Command = stroem
    for word in name.split():
        assert isinstance(command, click.Group), name
        found = command.get_command(click.Context(command), word)
        assert found is not None, name
        command = found
    return command


def _names(name: str) -> Iterator[str]:
    """A command's name, or those of all in a group, with that of the group if it does something of its own."""
    command = command_named(name)
    if isinstance(command, click.Group):
        if command.invoke_without_command:
            yield name
        yield from (f"{name} {inner}" for inner in command.list_commands(click.Context(command)))
    else:
        yield name


NAMES = tuple(each for name in (*COMMANDS, *BUILT_IN_PLUGIN_COMMANDS) for each in _names(name))


def _options(command: click.Command) -> set[str]:
    return {name for param in command.params if isinstance(param, click.Option) for name in param.opts}


def _in_first_column(text: str) -> set[str]:
    names = (code.split()[0] for row in rows(text) for code in codes(row[0]))
    return {name for name in names if name.startswith("-")}


SHARED = _in_first_column(PAGE.own("Talking to a server"))
OPERATIONS = _in_first_column(PAGE.own("Operations on a workspace"))


def test_every_command_has_its_section() -> None:
    titles = [title for title in PAGE.headings() if title.startswith("`stroem ")]
    assert sorted(titles) == sorted(f"`stroem {name}`" for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_a_command_has_its_row(name: str) -> None:
    options = _options(command_named(name))
    shared = (SHARED if "--server" in options else set()) | (OPERATIONS if options >= OPERATIONS else set())
    assert _in_first_column(PAGE.section(f"`stroem {name}`")) | shared == options | shared


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_an_example(name: str) -> None:
    inside = re.search(rf"^## `stroem {name}`$(.*?)(?=^## |\Z)", PAGE.text, re.DOTALL | re.MULTILINE)
    assert inside
    assert f"$ stroem {name}" in inside[1] or f" stroem {name}" in inside[1]


def test_the_commands_that_talk_to_a_server_share_their_options() -> None:
    for name in NAMES:
        options = _options(command_named(name))
        assert "--server" not in options or options >= SHARED or name in ("login", "logout"), name


def test_every_exit_code_has_its_row() -> None:
    known = {str(value) for key, value in vars(exit_codes).items() if key.isupper() and isinstance(value, int)}
    assert {row[0] for row in rows(PAGE.section("Exit codes"))} == known


def test_the_table_of_contents_names_all() -> None:
    listed = {code for row in rows(PAGE.prose.partition("## ")[0]) for code in codes(row[0])}
    assert listed == {f"stroem {name}" for name in NAMES}


def test_the_defaults_are_true() -> None:
    for name in NAMES:
        section = {row[0]: row for row in rows(PAGE.section(f"`stroem {name}`")) if len(row) == 3}
        for param in command_named(name).params:
            told = next((row[1] for first, row in section.items() if param.opts[0] in first), "")
            shown = codes(told)[0] if codes(told) else ""
            if isinstance(param, click.Option) and param.show_default and shown:
                assert shown == str(param.default), (name, param.name)


CALLS = [
    pytest.param(match[1], id=f"{block}: {match[1]}")
    for page in pages()
    for block in page.blocks
    if block.language == "console"
    for match in re.finditer(r"^\$ (?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?stroem (\S.*)$", block.text, re.MULTILINE)
]


@pytest.mark.parametrize("call", CALLS)
def test_every_call_in_the_prose_can_be_parsed(call: str) -> None:
    words = shlex.split(call.partition(" > ")[0], comments=True)
    if words[0] == "nice-check":
        return  # the command of the plugin that the guide writes
    command, given = command_named(words[0]), words[1:]
    if isinstance(command, click.Group) and not (command.invoke_without_command and not given):
        _, inner, given = command.resolve_command(click.Context(command), given)
        assert inner
        command = inner
    context = click.Context(command, info_name=words[0], resilient_parsing=True)
    _, rest, _ = command.make_parser(context).parse_args(given)
    assert not rest


def test_there_are_calls() -> None:
    assert len(CALLS) > 40
    assert first_codes(PAGE.text)
