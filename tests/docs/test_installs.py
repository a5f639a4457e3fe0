"""Documented installs work in a new environment, and never fetch Strøm by its name."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.docs.page import DOCS, ROOT, Page

_INSTALLS = re.compile(r"\b(?:pip3?|pipx|uvx|uv tool|uv add|poetry add)\b[^\n`]*")
_OURS = re.compile(r"(?<![\w/.-])stroem(?:-[a-z-]+)?(?:\[[a-z,]+\])?(?![\w/.])")
_LOCAL = re.compile(r"(?:-e|--editable) \S+|--python \S+|\S+/uv/bin/uv")
_TEXTS = (
    *(ROOT / "stroem").rglob("*.py"),
    *(ROOT / "plugins").rglob("*.py"),
    *(ROOT / "plugins").glob("*/README.md"),
    *ROOT.glob("*.md"),
    *DOCS.rglob("*.md"),
    *(ROOT / "deploy").rglob("*"),
)


def named_installs(text: str) -> list[str]:
    """Commands that install Strøm or a plugin of ours from an index."""
    return [found for found in _INSTALLS.findall(text) if _OURS.search(_LOCAL.sub("", found))]


def test_what_is_looked_for_is_found() -> None:
    assert named_installs("run `pip install 'stroem[standard]'` now") == ["pip install 'stroem[standard]'"]
    assert named_installs("uv pip install -U stroem-git\n") == ["pip install -U stroem-git"]
    assert named_installs("$ uv pip install --python stroem/.venv/bin/python -e stroem-nice pytest") == []


def test_nothing_is_installed_from_an_index_by_our_names() -> None:
    texts = {path: path.read_text(errors="ignore") for path in _TEXTS if path.is_file() and "_build" not in path.parts}
    assert {path.name: found for path, text in texts.items() if (found := named_installs(text))} == {}


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of this checkout, as it is, with a tag."""
    folder = tmp_path_factory.mktemp("origin") / "stroem"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for command in (["init", "--quiet"], ["add", "--all"], [*identity, "commit", "-qm", "all"], ["tag", "v0.1.0"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def clean_environment(**more: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("STROEM", "VIRTUAL_ENV", "PYTHON"))
    }
    return {**kept, **more}


def run(script: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow("replays a page of the documentation")
def test_the_pipelines_and_the_guide_to_plugins_install_what_they_use(tagged: Path, tmp_path: Path) -> None:
    """One installation for all of them: they have the same commands."""
    steps = []
    for page in ("guides/plans.md", "guides/gitops.md"):
        (block,) = (one for one in Page(DOCS / page).blocks if "github-actions" in one.marks)
        job = yaml.safe_load(block.text)["jobs"]["plan"]
        steps.append((job["env"], next(step["run"] for step in job["steps"] if "git clone" in step.get("run", ""))))
    assert steps[0] == steps[1]
    variables, script = steps[0]
    path = tmp_path / "path"
    environment = clean_environment(
        RUNNER_TEMP=str(tmp_path), GITHUB_PATH=str(path), STROEM_TAG=variables["STROEM_TAG"],
        STROEM_REPOSITORY=tagged.as_uri(),
    )  # fmt: skip
    run(script, tmp_path, environment)
    program = Path(path.read_text().strip()) / "stroem"
    assert "0.1.0" in run(f"{program} --version", tmp_path, environment)
    (block,) = (one for one in Page(DOCS / "guides/gitops.md").blocks if "gitlab-ci" in one.marks)
    in_gitlab = "\n".join(yaml.safe_load(block.text)["plan"]["script"][:2])
    assert in_gitlab.replace("/opt/stroem", '"$RUNNER_TEMP/stroem"') == "\n".join(script.splitlines()[:2])
    _install_the_plugin(tmp_path, environment)


def _install_the_plugin(folder: Path, environment: dict[str, str]) -> None:
    guide = Page(DOCS / "guides/plugins.md")
    for block in guide.blocks:
        if name := block.mark("file"):
            file = folder / "stroem-nice" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
    commands = next(block.text for block in guide.blocks if "pip install" in block.text)
    install, test = commands.replace("$ ", "").rsplit("\n", 2)[:2]
    run(install, folder, environment)
    assert "nice" in run("stroem/.venv/bin/stroem plugins", folder, environment)
    assert "passed" in run(f"{test} -k environment", folder, environment)
