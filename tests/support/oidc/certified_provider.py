"""A certified provider of OpenID Connect (oidc-provider, of npm) in a process of its own."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.docs.page import ROOT
from tests.support.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET
from tests.support.programs import Program, environment

PROVIDER_ID = "corp"
PEOPLE: Mapping[str, Any] = {
    "ada": {"email": "ada@corp.example", "email_verified": True, "name": "Ada Berg", "groups": ["ops"]},
    "root": {"email": "root@acme.example", "email_verified": True, "name": "Root", "groups": []},
    "mallory": {"email": "root@acme.example", "email_verified": False, "name": "Mallory", "groups": ["ops"]},
}
"""People by what they write as their name; any password is right."""
_CLIENT = {
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "redirect_uris": [f"http://127.0.0.1/api/auth/oidc/{PROVIDER_ID}/callback"],
    "post_logout_redirect_uris": ["http://127.0.0.1/login"],
    "scope": "openid email profile groups",
}


def provider_program() -> list[str]:
    """The command of the provider. Skips the test where it was not installed; in CI it fails."""
    sources = ROOT / "tests" / "support" / "oidc" / "npm"
    version = json.loads((sources / "package.json").read_text())["dependencies"]["oidc-provider"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "stroem-tools" / f"oidc-provider-{version}"
    node = Path(sys.prefix) / "bin" / "node"
    if (folder / "node_modules").exists() and node.exists():
        (folder / "provider.js").write_text((sources / "provider.js").read_text())
        return [str(node), str(folder / "provider.js")]
    message = "needs oidc-provider: run deploy/oidc-tools.sh, which installs it in seconds"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def certified_provider(folder: Path, port: int = 0) -> Iterator[str]:
    """Runs the provider during the block; yields its issuer. Its log goes into the folder."""
    clients, people = json.dumps([_CLIENT]), json.dumps(PEOPLE)
    env = environment(CLIENTS=clients, PEOPLE=people, PORT=str(port), NODE_NO_WARNINGS="1")
    with (folder / "provider.log").open("ab") as log:
        program = Program(env=env, cwd=folder, log=log, program=provider_program())
    try:
        yield program.ready.strip()
    finally:
        program.stop()
