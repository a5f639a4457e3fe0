"""What sign-in and rights add to a request, and what a sign-in costs beside the hash of its password."""

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from argon2 import PasswordHasher

from stroem.registry.registry import load_plugins
from stroem.server.app import build_app
from stroem.server.keys import ACCOUNTS, SERVICES
from stroem.server.serving import make_runner
from stroem.settings.loader import server_settings
from stroem.settings.server import ServerSettings
from stroem.store.accounts.sessions import Client
from stroem.store.statement import execute
from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.table import Row, at_most
from tests.support.listening import listening

NAME = "sign-in"
WARM, PAIRS, SIGN_INS = 50, 600, 15
USERS, RULES = 10_000, 1_000
TARGET_MS = 0.3
TOKEN = "a-token-that-all-the-workers-share"
EMAIL, PASSWORD = "bench@example.org", "quiet-Lamp-7-orbits"
PATH = "/api/stats/workers"


async def measure(bench: Bench) -> list[Row]:
    """Requests to an open server and to one with 10,000 people and 1,000 rules, in turns; then sign-ins."""
    folder = bench.folder(NAME)
    closed = build_app(_settings(folder / "closed", await bench.database(), signs_in=True), load_plugins())
    opened = build_app(_settings(folder / "open", await bench.database(), signs_in=False), load_plugins())
    async with (
        listening(make_runner(closed)) as closed_url,
        listening(make_runner(opened)) as open_url,
        aiohttp.ClientSession(closed_url) as there,
        aiohttp.ClientSession(open_url) as here,
    ):
        await _people(closed)
        token = await _sign_in(there, EMAIL, PASSWORD)
        key = (await _json(there, "POST", "/api/auth/api-keys", token, {"name": "bench"}))["key"]
        rows = [
            _row("an access token", *await _pairs(there, here, token)),
            _row("an API key", *await _pairs(there, here, key)),
        ]
        rows.append(await _sign_ins(there))
    return rows


async def _pairs(
    there: aiohttp.ClientSession, here: aiohttp.ClientSession, token: str
) -> tuple[list[float], list[float]]:
    """Milliseconds of requests that are signed in, and of those between them to the open server."""
    signed_in, bare = [], []
    for number in range(WARM + PAIRS):
        first, second = await _get(there, token), await _get(here, "")
        if number >= WARM:
            signed_in.append(first)
            bare.append(second)
    return signed_in, bare


async def _get(http: aiohttp.ClientSession, token: str) -> float:
    begun = time.perf_counter()
    await _json(http, "GET", PATH, token)
    return (time.perf_counter() - begun) * 1000


async def _sign_ins(http: aiohttp.ClientSession) -> Row:
    """Sign-ins one after another, against the verification of a hash of the same parameters."""
    hasher = PasswordHasher()
    made = hasher.hash(PASSWORD)
    bare, found = [], []
    for _ in range(SIGN_INS):
        begun = time.perf_counter()
        hasher.verify(made, PASSWORD)
        bare.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        await _sign_in(http, EMAIL, PASSWORD)
        found.append((time.perf_counter() - begun) * 1000)
    took, limit = statistics.median(found), statistics.median(bare)
    return Row(
        line="sign-in by password",
        figure=f"{took:.0f} ms",
        limit=f"{limit:.0f} ms of Argon2id",
        ratio=f"{took / limit:.2f}x",
        values={"ms": took, "hash_ms": limit},
    )


def _row(what: str, signed_in: list[float], bare: list[float]) -> Row:
    added = statistics.median(signed_in) - statistics.median(bare)
    return Row(
        line=f"request with {what}",
        figure=f"{added:+.3f} ms",
        limit=f"{statistics.median(bare):.2f} ms without sign-in",
        ratio=f"{statistics.median(signed_in) / statistics.median(bare):.2f}x",
        target=f"{TARGET_MS} ms",
        verdict=at_most(added, TARGET_MS),
        values={"ms": added, "with_ms": statistics.median(signed_in), "without_ms": statistics.median(bare)},
        notes=(f"{USERS:,} people, {RULES:,} rules",),
    )


async def _sign_in(http: aiohttp.ClientSession, email: str, password: str) -> str:
    body = {"email": email, "password": password}
    return str((await _json(http, "POST", "/api/auth/login", "", body))["access_token"])


async def _json(http: aiohttp.ClientSession, method: str, path: str, token: str, body: Any = None) -> Any:
    headers: Mapping[str, str] = {"Authorization": f"Bearer {token}"} if token else {}
    async with http.request(method, path, json=body, headers=headers) as response:
        if response.status != 200:
            raise ProgramFailed(f"{method} {path}: {response.status} {await response.text()}")
        return await response.json()


async def _people(app: web.Application) -> None:
    """Adds people, and one who signs in, is no administrator, and is in a group that rules name."""
    person = await app[ACCOUNTS].people.add_user(EMAIL, groups=["team-7"])
    link = await app[ACCOUNTS].sign_in.make_link(person.id)
    await app[ACCOUNTS].sign_in.reset_password(person, link.token, PASSWORD, Client(address="127.0.0.1"))
    async with app[SERVICES].database.begin() as connection:
        await execute(
            connection,
            "INSERT INTO accounts (id, kind, name, groups)"
            " SELECT gen_random_uuid(), 'user', 'p' || n || '@example.org', ARRAY['team-' || n %% 100]"
            " FROM generate_series(1, %s) n",
            [USERS],
        )


def _settings(folder: Path, database_url: str, *, signs_in: bool) -> ServerSettings:
    rules = [
        {"role": "viewer", "groups": [f"team-{number % 100}"], "workspaces": [f"ws-{number}*"], "tasks": ["a/*"]}
        for number in range(RULES)
    ]
    everybody = {"verbs": ["worker.read"], "everyone": True}
    return server_settings(
        {
            "listen": "127.0.0.1:0",
            "db": {"url": database_url},
            "worker_token": TOKEN,
            "log_storage": {"local_dir": str(folder)},
            **({"auth": {"jwt_secret": "j" * 40}, "rules": [*rules, everybody]} if signs_in else {}),
        },
        {},
    )
