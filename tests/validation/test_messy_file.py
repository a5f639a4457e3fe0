"""What a file full of mistakes is told, as people, programs and GitHub see it."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from stroem.dialects.environment import Environment
from stroem.validation.checker import validate
from stroem.validation.report import FORMATS
from tests.support.parsing import parse

MESSY = Path(__file__).with_name("messy.yaml")


@pytest.mark.parametrize("name", FORMATS)
def test_report(name: str, snapshot: SnapshotAssertion) -> None:
    path = ".workflows/messy.yaml"
    known = Environment(runners={"local": None, "ssh": None}, files=[path, "scripts/deploy.sh"])
    data = MESSY.read_bytes()
    validation = validate({path: parse(path, data)}, lambda _: data, known)
    assert FORMATS[name](validation.problems) == snapshot
