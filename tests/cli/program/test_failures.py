"""Expected failures end in a message and an exit code, never in a traceback."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from stroem.cli.main import stroem as program
from stroem.cli.program.error_exit import wants_json
from tests.support.programs import STROEM


def run_with(stdout: object, *arguments: str, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        [*STROEM, *arguments], stdout=stdout, stderr=subprocess.PIPE, text=True, env={**os.environ, **more}
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", [("schema",), ("--help",), ("validate", "workspaces/example")])
def test_an_output_that_is_full_is_told(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        code, said = run_with(full, *arguments)
    assert code == 1
    assert re.fullmatch(r"Error: (The output cannot be written: )?No space left on device\n", said)


def test_a_reader_that_is_gone_ends_the_program_in_silence() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code, said = run_with(writing, "schema")
    os.close(writing)
    assert (code, said) == (1, "")


@pytest.mark.parametrize("arguments", [("plugins",), ("actions", "--path", "workspaces/example"), ("--help",)])
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_a_program_that_begins_without_streams_works(arguments: tuple[str, ...], closed: str) -> None:
    command = f"{shlex.join([*STROEM, *arguments])} {closed}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_encoding_without_the_characters_shows_escapes() -> None:
    command = [*STROEM, "up", "--json", "--workspace", "ø", "--help"]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    code, said = run_with(subprocess.DEVNULL, "jøbs", PYTHONIOENCODING="ascii")
    assert (code, "Traceback" in said) == (2, False)


def test_errors_are_json_when_json_is_asked_for() -> None:
    for arguments, code in (
        (["jobs", "--json", "--server", "http://127.0.0.1:1"], 6),
        (["jobs", "--json", "--limit", "many"], 2),
        (["validate", "--format=json", "/nowhere"], 2),
        (["jbs", "--json"], 2),
    ):
        done = CliRunner().invoke(program, arguments)
        assert done.exit_code == code
        assert done.stdout == ""
        error = json.loads(done.stderr)
        assert error["exit_code"] == code
        assert error["error"]


def test_json_is_asked_for_by_options_only() -> None:
    assert wants_json(["jobs", "--json"])
    assert wants_json(["plan", "--format", "json"])
    assert not wants_json(["plan", "--format", "text"])
    assert not wants_json(["trigger", "x", "--", "--json"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "input:1:1: the file is not UTF-8 text"),
        (b"[" * 100_000, "deeper than 100 levels"),
        (b"{a: " * 50_000, "deeper than 100 levels"),
        (b"a: b: c", "input:1:5: mapping values are not allowed"),
        (b"a: 1\na: 2", "input:2:1: 'a' is there twice"),
        (b"a: &a [*a]", "an alias of itself"),
    ],
)
def test_an_input_file_that_is_none_is_wrong_usage(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "input").write_bytes(content)
    done = CliRunner().invoke(program, ["trigger", "x", "--input-file", str(tmp_path / "input")])
    assert (done.exit_code, words in done.stderr) == (2, True), done.output


def test_input_that_is_too_deep_is_wrong_usage() -> None:
    done = CliRunner().invoke(program, ["trigger", "x", "--input", "[" * 100_000])
    assert (done.exit_code, "not valid JSON" in done.stderr) == (2, True)


def test_a_settings_file_that_is_a_folder_is_told(tmp_path: Path) -> None:
    for arguments in (["server", "--config", str(tmp_path)], ["worker", "--config", str(tmp_path)]):
        done = CliRunner().invoke(program, arguments)
        assert (done.exit_code, "Is a directory" in done.stderr) == (1, True)
