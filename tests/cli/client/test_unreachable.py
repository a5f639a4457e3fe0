"""Commands when no server is there."""

import pytest
from click.testing import CliRunner

from stroem.cli.main import stroem
from tests.support.programs import free_port


@pytest.mark.parametrize("arguments", [("jobs",), ("trigger", "hello", "--follow"), ("workspaces", "--json")])
def test_the_address_and_what_to_do_are_said(arguments: tuple[str, ...]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = CliRunner().invoke(stroem, [*arguments, "--server", url])
    assert result.exit_code == 6
    assert f"Cannot reach a server at {url} (Connection refused)" in result.output
    assert "stroem up" in result.output


def test_what_is_no_address_is_wrong_usage() -> None:
    result = CliRunner().invoke(stroem, ["jobs"], env={"STROEM_URL": "localhost:8080"})
    assert result.exit_code == 2
    assert "http://localhost:8080" in result.output
