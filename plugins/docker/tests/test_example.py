"""The pipeline of the example workspace, by `stroem run`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.docker_engine import IMAGE, DockerEngine

pytestmark = pytest.mark.slow("starts and stops whole programs")
EXAMPLE = Path(__file__).parents[3] / "workspaces" / "example"


def test_the_example_runs_in_containers(engine: DockerEngine, tmp_path: Path) -> None:
    with engine.client() as client:
        client.tag(IMAGE, "alpine", tag="3")
    ran = subprocess.run(
        [
            Path(sys.executable).with_name("stroem"),
            "run",
            "container-pipeline",
            "--path",
            EXAMPLE,
            "--artifacts",
            tmp_path,
        ],
        env={**os.environ, "DOCKER_HOST": engine.address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "The page has all lines of texts/poem.txt" in ran.stdout
    poem = (EXAMPLE / "texts" / "poem.txt").read_text()
    assert (tmp_path / "page.html").read_text() == f"<pre>\n{poem}</pre>\n"
