"""SOPS and age, which deploy/secret-tools.sh builds."""

import os
import re
from pathlib import Path

import pytest

from tests.docs.page import ROOT

_VERSIONS = dict(re.findall(r"^(sops|age)=(\S+)$", (ROOT / "deploy" / "secret-tools.sh").read_text(), re.MULTILINE))
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_FOLDER = _CACHE / "stroem-tools" / f"secrets-{_VERSIONS['sops']}-{_VERSIONS['age']}"
SOPS, AGE_KEYGEN = _FOLDER / "sops", _FOLDER / "age-keygen"

needs_secret_tools = pytest.mark.skipif(
    not os.environ.get("CI") and not (SOPS.exists() and AGE_KEYGEN.exists()),
    reason="needs SOPS and age: run deploy/secret-tools.sh, which builds them in a few minutes with go",
)
