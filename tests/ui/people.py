"""People who sign in: a server where they do, and ways to make them."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import attrs
import yaml
from playwright.sync_api import Page

from tests.support.programs import Program
from tests.ui.api import Api

PASSWORD = "violet-otters-rehearse-quietly"
ROOT_EMAIL = "root@acme.example"
SETTINGS = {
    "auth": {"initial_user": {"email": ROOT_EMAIL, "password": PASSWORD}},
    "trusted_proxies": ["127.0.0.1"],
}
"""People sign in; each test comes from an address of its own, so that tries are not counted together."""
_numbers = itertools.count(1)


@attrs.frozen
class Person:
    """A user with a password."""

    user_id: str
    email: str
    password: str = attrs.field(default=PASSWORD, repr=False)


def start_with_sign_in(
    start: Callable[..., Program], data_dir: Path, workspace: Path, **more: object
) -> Iterator[Program]:
    """A server with a worker on a workspace, where people sign in, and `more` settings; it is stopped afterwards."""
    settings = data_dir.parent / f"{data_dir.name}.yaml"
    settings.write_text(yaml.safe_dump(SETTINGS | more))
    program = start(
        *("up", "--json", "--port", "0", "--data-dir", str(data_dir)),
        *("--workspace", str(workspace), "--config", str(settings)),
    )
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.stop()
        settings.unlink()


def administrator(address: str) -> Api:
    """The API with a key of the first user, who is an administrator."""
    first = Api(address)
    token = first.post("/api/auth/login", {"email": ROOT_EMAIL, "password": PASSWORD})["access_token"]
    return Api(address, Api(address, token).post("/api/auth/api-keys", {"name": "tests"})["key"])


def make_person(admin: Api, name: str = "", *, is_admin: bool = False) -> Person:
    """Adds a user, who has a password."""
    email = f"person-{next(_numbers)}@acme.example"
    user = admin.post("/api/users", {"email": email, "name": name or None, "is_admin": is_admin})
    link = admin.post(f"/api/users/{user['user_id']}/reset-link")["url"]
    (token,) = parse_qs(urlsplit(link).fragment)["token"]
    Api(admin.address, source=elsewhere()).post("/api/auth/reset", {"token": token, "new_password": PASSWORD})
    return Person(user["user_id"], email)


def elsewhere() -> str:
    """Another address of clients each time: tries to sign in are counted by address."""
    number = next(_numbers)
    return f"198.51.{number // 250}.{number % 250 + 1}"


def come_from_elsewhere(page: Page) -> None:
    """Lets the requests of a context come from an address of its own."""
    page.context.set_extra_http_headers({"X-Forwarded-For": elsewhere()})


def password_token(address: str, person: Person) -> str:
    """Begins a session of a person; its access token."""
    body = {"email": person.email, "password": person.password}
    return str(Api(address, source=elsewhere()).post("/api/auth/login", body)["access_token"])


def sign_in(page: Page, person: Person) -> None:
    """Signs a person in, without the page of sign-in."""
    body = {"email": person.email, "password": person.password}
    assert page.context.request.post("/api/auth/login", data=body).ok


def fill_in(page: Page, person: Person, password: str = "") -> None:
    """Signs a person in by the form that a page shows."""
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(password or person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
