"""Commands speak to a Strøm server only, and to the workspace that is meant."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from stroem.cli.main import stroem as program
from stroem.cli.output.output import print_table
from tests.support.listening import listening_in_thread

JOB = "ca9b440c-c8bf-44bf-94d9-f64d692f7734"


def answering(documents: dict[str, Any], *, is_stroem: bool = True) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        headers = {"Stroem-Version": "1"} if is_stroem else {}
        return web.json_response(documents.get(request.path, {}), headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


def ask(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(program, arguments, env={"STROEM_URL": url})


def test_a_stranger_is_told_as_such() -> None:
    with listening_in_thread(answering({"/api/jobs": {"items": [], "total": 0}}, is_stroem=False)) as url:
        done = ask(url, "jobs")
    assert done.exit_code == 5
    assert f"{url} is no Strøm server: it answered 200" in done.stderr
    assert "STROEM_URL" in done.stderr


@pytest.mark.parametrize(
    ("names", "meant"), [(["billing"], "billing"), (["billing", "default"], "default"), (["billing", "shop"], None)]
)
def test_the_only_workspace_is_meant_when_none_is_named(names: list[str], meant: str | None) -> None:
    started = {f"/api/workspaces/{name}/tasks/pay/execute": {"job_id": name} for name in names}
    with listening_in_thread(answering({"/api/workspaces": [{"name": name} for name in names], **started})) as url:
        done = ask(url, "trigger", "pay", "--json")
    if meant is None:
        assert done.exit_code == 5
        assert "no workspace 'default'" in json.loads(done.stderr)["error"]
        assert "billing, shop" in done.stderr
    else:
        assert json.loads(done.stdout)["job_id"] == meant


def test_the_makefile_passes_port_and_folder_on() -> None:
    root = Path(__file__).parents[3]
    said = subprocess.run(
        ["make", "-n", "up", "PORT=9000", "DATA_DIR=/data"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"stroem up .*--port 9000 --data-dir /data", said)


def test_a_taken_port_is_told_in_the_words_of_make(
    run: Callable[..., Any], workspace_dir: Path, tmp_path: Path
) -> None:
    with listening_in_thread(web.Application()) as url:
        port = url.rpartition(":")[2]
        arguments = ("up", "--port", port, "--data-dir", str(tmp_path), "--workspace", str(workspace_dir))
        assert "make up PORT=" in run(*arguments, MAKELEVEL="1").stderr


def test_tables_fit_the_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("0193b2c4", "x" * 100)]
    print_table(("JOB", "ERROR"), rows)
    assert "x" * 100 in capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    print_table(("JOB", "ERROR"), rows)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == f"0193b2c4  {'x' * 29}…"
    assert all(len(line) <= 40 for line in lines)


READERS = [
    ("trigger", "hello"),
    ("jobs",),
    ("status", JOB),
    ("logs", JOB),
    ("cancel", JOB, "--wait"),
    ("workspaces",),
    ("libraries",),
    ("tasks",),
    ("task", "hello"),
    ("triggers",),
    ("events",),
    ("workers",),
    ("workspace", "show", "default"),
    ("workspace", "releases", "default"),
    ("workspace", "release", "default", "1"),
    ("workspace", "sync", "default"),
    ("workspace", "drift", "default"),
]


@pytest.mark.parametrize("answer", ['{"items": "x"}', "[1, 2]", "{oops", "null", '"text"', "7"])
def test_an_answer_of_another_shape_is_told_with_the_version_of_its_server(answer: str) -> None:
    async def same(_: web.Request) -> web.Response:
        return web.Response(text=answer, content_type="application/json", headers={"Stroem-Version": "9.8.7"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", same)
    with listening_in_thread(app) as url:
        for arguments in READERS:
            done = ask(url, *arguments)
            assert isinstance(done.exception, SystemExit | None), (arguments, done.exception)
            if done.exit_code:
                assert done.exit_code == 5, (arguments, done.output)
                assert f"The server at {url}" in done.stderr
                assert "It is version 9.8.7" in done.stderr, (arguments, done.stderr)


@pytest.mark.parametrize(
    "url",
    ["http://[::bad", "ftp://x", "localhost:8080", "http://", "http://:80", "http://127.0.0.1:99999", "http://h:x"],
)
def test_an_address_of_no_server_is_wrong_usage(url: str) -> None:
    done = ask(url, "jobs")
    assert (done.exit_code, "one looks like http://localhost:8080" in done.stderr) == (2, True)
