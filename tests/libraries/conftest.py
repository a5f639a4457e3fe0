"""The libraries in a workspace that uses them, a Strøm that is up on it, and what the libraries talk to."""

import asyncio
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import psycopg.conninfo
import pytest
import yaml
from aiohttp import web
from click.testing import CliRunner

from stroem.cli.main import stroem
from tests.docs.page import ROOT
from tests.docs.replay import up
from tests.libraries.smtp_sink import SmtpSink
from tests.support.git.http import GitHttpServer

LIBRARIES = ROOT / "libraries"
NAMES = ("git", "http", "notify", "postgres")
SMALL = """\
actions:
  where: {type: shell, script: where.sh}
tasks:
  inside:
    flow:
      named: {action: where}
      inline: {type: shell, script: where.sh}
      secret: {type: shell, cmd: "echo {{ secret.token | length }}"}
"""
SECRET = "hush-hush-hush"


@attrs.frozen(kw_only=True)
class Job:
    """A job that has ended, with what its step said and gave."""

    status: str
    output: Any
    error: str
    lines: tuple[str, ...]

    @property
    def log(self) -> str:
        return "\n".join(self.lines)


Use = Callable[..., Job]


@attrs.define
class Endpoint:
    """A server of HTTP, with TLS too, that remembers requests and answers as a test says."""

    port: int = 0
    tls_port: int = 0
    requests: list[tuple[str, str, dict[str, str], bytes]] = attrs.Factory(list)
    answers: list[tuple[int, dict[str, str], str]] = attrs.Factory(list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"https://localhost:{self.tls_port}"

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        status, headers, text = self.answers.pop(0) if self.answers else (200, {}, "fine")
        return web.Response(status=status, headers=headers, text=text)


@attrs.frozen(kw_only=True)
class Certificate:
    """A certificate of localhost that signs itself and is valid for ten days."""

    folder: Path

    @property
    def text(self) -> str:
        return (self.folder / "cert.pem").read_text()

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.folder / "cert.pem", self.folder / "key.pem")
        return context


@attrs.frozen(kw_only=True)
class Outside:
    """All that the libraries talk to."""

    http: Endpoint
    smtp: SmtpSink
    git: GitHttpServer
    certificate: Certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("tls")
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"))
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "10", *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    return Certificate(folder=folder)


@pytest.fixture(scope="session")
def outside_servers(certificate: Certificate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """The servers, in a thread of their own."""
    outside = Outside(
        http=Endpoint(),
        smtp=SmtpSink(tls=certificate.context()),
        git=GitHttpServer(tmp_path_factory.mktemp("git")),
        certificate=certificate,
    )
    outside.git.login = ("x-access-token", SECRET)
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    done: asyncio.Event = asyncio.Event()

    async def serve() -> None:
        async with (
            _http(outside.http, certificate.context()),
            outside.smtp.serving(),
            outside.git.serving(),
        ):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield outside
    loop.call_soon_threadsafe(done.set)
    thread.join()
    loop.close()


@asynccontextmanager
async def _http(endpoint: Endpoint, tls: ssl.SSLContext) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", endpoint.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    endpoint.port, endpoint.tls_port = (address[1] for address in runner.addresses)
    yield
    await runner.cleanup()


@pytest.fixture
def outside(outside_servers: Outside) -> Outside:
    """What the libraries talk to, with nothing of other tests in it."""
    outside_servers.http.requests.clear()
    outside_servers.http.answers.clear()
    outside_servers.smtp.mails.clear()
    return outside_servers


@pytest.fixture(scope="session")
def address(outside_servers: Outside, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Strøm that is up on a workspace which uses all libraries: a task for each action, with one step."""
    root = tmp_path_factory.mktemp("workspace")
    shutil.copytree(LIBRARIES, root / "libs")
    (root / "libs/small/.workflows/deep").mkdir(parents=True)
    (root / "libs/small/.workflows/deep/small.yaml").write_text(SMALL)
    (root / "libs/small/where.sh").write_text('echo "the library\'s"\n')
    (root / "where.sh").write_text('echo "the workspace\'s"\n')
    declared = {name: {"type": "folder", "path": f"libs/{name}"} for name in (*NAMES, "small")}
    (root / ".stroem.yaml").write_text(yaml.safe_dump({"libraries": declared}))
    (root / ".workflows").mkdir()
    (root / ".workflows/all.yaml").write_text(yaml.safe_dump(_workflows(outside_servers, postgres), sort_keys=False))
    with up(root) as started:
        yield started


def _workflows(outside: Outside, postgres: str) -> dict[str, Any]:
    tasks: dict[str, Any] = {}
    for name in NAMES:
        for file in (LIBRARIES / name / ".workflows").iterdir():
            for action, definition in yaml.safe_load(file.read_text())["actions"].items():
                fields = {key: _typed(name, field) for key, field in definition["input"].items()}
                given = {key: f"{{{{ input.{key} }}}}" for key, field in fields.items() if field.get("required")}
                step = {"action": f"{name}/{action}", "input": given}
                tasks[f"{name}-{action}"] = {"input": fields, "flow": {"it": step}}
    return {"tasks": tasks, "connections": _connections(outside, postgres), "secrets": {"token": SECRET}}


def _typed(library: str, field: dict[str, Any]) -> dict[str, Any]:
    types = yaml.safe_load(next((LIBRARIES / library / ".workflows").iterdir()).read_text())["connection_types"]
    return {**field, "type": f"{library}.{field['type']}"} if field.get("type") in types else field


def _connections(outside: Outside, postgres: str) -> dict[str, Any]:
    http, smtp, ca = outside.http, outside.smtp, outside.certificate.text
    mail = {"type": "notify.smtp", "host": "localhost", "sender": "Strøm <stroem@example.com>", "ca": ca}
    repository = outside.git.url("app.git")
    database = psycopg.conninfo.conninfo_to_dict(postgres)
    return {
        "chat": {"type": "notify.chat", "url": f"{http.url}/services/{SECRET}"},
        "safe-chat": {"type": "notify.chat", "url": f"{http.tls_url}/x", "ca": ca},
        "unknown-chat": {"type": "notify.chat", "url": f"{http.tls_url}/x"},
        "odd-chat": {"type": "notify.chat", "url": "file:///etc/passwd"},
        "signed": {"type": "notify.webhook", "url": http.url, "token": "{{ secret.token }}", "signing_key": "key"},
        "mail": {**mail, "port": smtp.port, "username": "me", "password": "{{ secret.token }}"},
        "mail-tls": {**mail, "port": smtp.tls_port, "security": "tls"},
        "mail-open": {**mail, "port": smtp.port, "security": "none", "username": "me", "password": "x"},
        "bearer": {"type": "http.credentials", "token": "{{ secret.token }}", "ca": ca},
        "header": {"type": "http.credentials", "header": "X-Key", "value": "{{ secret.token }}", "ca": ca},
        "basic": {"type": "http.credentials", "username": "me", "password": "{{ secret.token }}"},
        "over-http": {"type": "git.repository", "url": repository, "token": "{{ secret.token }}"},
        "no-token": {"type": "git.repository", "url": repository},
        "wrong-token": {"type": "git.repository", "url": repository, "token": "wrong"},
        "in-url": {"type": "git.repository", "url": "https://me:x@host/app.git"},
        "no-hosts": {"type": "git.repository", "url": "git@127.0.0.1:app.git", "ssh_key": "key"},
        "database": {
            "type": "postgres.database",
            "host": str(database["host"]),
            "user": str(database["user"]),
            "database": str(database["dbname"]),
        },
    }


@pytest.fixture
def use(address: str) -> Use:
    """Uses an action of a library, with input, in a job of its own."""

    def run(action: str, **given: Any) -> Job:
        arguments = ["trigger", action.replace("/", "-"), "--input", json.dumps(given), "--follow", "--json"]
        done = CliRunner().invoke(stroem, arguments, env={"STROEM_URL": address})
        events = [json.loads(line) for line in done.stdout.splitlines()]
        assert events, done.output
        assert events[-1].get("event") == "end", done.output
        job = events[-1]["job"]
        (step,) = job["steps"]
        return Job(
            status=job["status"],
            output=step.get("output"),
            error=step.get("error_message") or "",
            lines=tuple(event["line"] for event in events if "line" in event),
        )

    return run
