"""The pages of the plugins that bring push hooks and event sinks tell every option, and their examples are valid."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from stroem.conversion.structure import make_converter
from stroem.interfaces.push_hook import PushRequest
from stroem.registry.registry import load_plugins
from stroem.testing.recording_server import Received, Reply, recording_server
from tests.docs.page import ROOT, Page, first_codes, rows

REGISTRY = load_plugins()
KINDS = [*REGISTRY.push_hooks.values(), *REGISTRY.event_sinks.values()]


def page_of(kind: type) -> Page:
    package = kind.__module__.partition(".")[0]
    return Page(ROOT / "plugins" / package.removeprefix("stroem_") / "README.md")


PAGES = sorted({page_of(kind).path for kind in KINDS})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__qualname__)
def test_every_option_has_its_row(kind: type[Any]) -> None:
    told = first_codes(page_of(kind).text)
    assert {field.name for field in attrs.fields(kind)} - {*told} == set()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__qualname__)
def test_what_is_required_says_so(kind: type[Any]) -> None:
    required = {field.name for field in attrs.fields(kind) if field.default is attrs.NOTHING}
    said = {row[0].strip("`") for row in rows(page_of(kind).text) if len(row) == 3 and row[1] == "required"}
    assert required - said == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_the_settings_in_the_example_are_valid(path: Path) -> None:
    (block,) = (block for block in Page(path).blocks if block.language == "yaml")
    settings = yaml.safe_load(block.text)
    make = make_converter(unknown_keys=False).structure
    for section, kinds in (("push_hooks", REGISTRY.push_hooks), ("event_sinks", REGISTRY.event_sinks)):
        for options in settings.get(section, {}).values():
            kind = kinds[options.pop("type")]
            assert page_of(kind).path == path
            make(options, kind)


async def test_the_scripts_for_plain_pushes_work(tmp_path: Path) -> None:
    """They run as they are written, but for the addresses of the server and of the file with the secret."""
    secret = "a-long-random-text-that-nobody-guesses"
    hook = REGISTRY.push_hook("plain")(secret=secret)  # type: ignore[call-arg]
    pushes: list[Any] = []

    def answer(request: Received) -> Reply:
        pushes.extend(hook.read(PushRequest(headers=request.headers, query={}, body=request.body)))
        return Reply(status=200, body={})

    (tmp_path / "secret").write_text(secret + "\n")
    scripts = [block.text for block in Page(ROOT / "plugins/plain_push/README.md").blocks if block.language == "sh"]
    lines = f"{'1' * 40} {'a' * 40} refs/heads/main\n{'1' * 40} {'0' * 40} refs/heads/old\n"
    async with recording_server(answer) as server:
        for script in scripts:
            here = script.replace("https://stroem.example.com", server.url).replace("/etc/stroem/push-secret", "secret")
            done = await _run(here, tmp_path, secret, lines)
            assert (done.returncode, done.stderr) == (0, "")
    assert [(push.ref, push.commit) for push in pushes] == [
        ("refs/heads/main", None),
        ("refs/heads/main", None),
        ("refs/heads/main", "a" * 40),
        ("refs/heads/old", None),
    ]


async def _run(script: str, folder: Path, secret: str, standard_input: str) -> "subprocess.CompletedProcess[str]":
    return await asyncio.to_thread(
        subprocess.run,
        ["sh", "-c", script],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "SECRET": secret},
        input=standard_input,
        capture_output=True,
        text=True,
        check=False,
    )
