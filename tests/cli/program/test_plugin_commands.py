"""Commands that plugins bring."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import STROEM

PLUGIN = """
import click
from stroem.hookspecs import hookimpl

@click.command("greet", help="{help}")
def greet():
    click.echo("greetings")

@hookimpl
def stroem_cli_commands():
    return [greet]
"""


class Site:
    """A folder that Python imports from, with one plugin installed in it, and a cache of its own."""

    def __init__(self, root: Path) -> None:
        self.site, self.cache = root / "site", root / "cache"
        self.site.mkdir()
        self.write("Greets.")
        info = self.site / "stroem_greeter-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stroem-greeter\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[stroem]\ngreeter = stroem_greeter\n")

    def write(self, text: str) -> None:
        (self.site / "stroem_greeter.py").write_text(PLUGIN.replace("{help}", text))

    def stroem(self, *arguments: str) -> str:
        env = {**os.environ, "PYTHONPATH": str(self.site), "XDG_CACHE_HOME": str(self.cache)}
        command = [*STROEM, *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_command_is_in_help_and_runs(site: Site) -> None:
    assert site.stroem("greet") == "greetings\n"
    for _ in ("found out", "from the cache"):
        shown = site.stroem("--help")
        assert "greet  " in shown
        assert "Greets." in shown


def test_help_notices_a_changed_plugin_and_a_removed_one(site: Site) -> None:
    site.stroem("--help")
    site.write("Greets loudly.")
    assert "Greets loudly." in site.stroem("--help")
    for file in (site.site / "stroem_greeter-1.0.dist-info").iterdir():
        file.unlink()
    (site.site / "stroem_greeter-1.0.dist-info").rmdir()
    assert "Greets" not in site.stroem("--help")


def test_a_command_with_the_name_of_a_core_command_is_told(site: Site) -> None:
    text = PLUGIN.replace('"greet"', '"jobs"').replace("{help}", "Greets.")
    (site.site / "stroem_greeter.py").write_text(text)
    assert "Greets." not in site.stroem("--help")
    assert "List jobs" in site.stroem("jobs", "--help")
    env = {**os.environ, "PYTHONPATH": str(site.site), "XDG_CACHE_HOME": str(site.cache)}
    command = [*STROEM, "plugins"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert "the command 'jobs' of stroem-greeter cannot be reached" in done.stderr
    listed = json.loads(site.stroem("plugins", "--json"))["items"]
    assert [len(plugin["warnings"]) for plugin in listed if "warnings" in plugin] == [1]


def test_a_broken_plugin_does_not_harm_help(site: Site) -> None:
    (site.site / "stroem_greeter.py").write_text("import nothing_of_that_name\n")
    assert "trigger" in site.stroem("--help")


def test_a_cache_that_cannot_be_written_does_not_harm_help(site: Site) -> None:
    site.cache.write_text("a file where the folder should be")
    assert "Greets." in site.stroem("--help")
