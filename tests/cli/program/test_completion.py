"""Shell completion."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from stroem.cli.main import stroem


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    result = CliRunner().invoke(stroem, ["completion", shell])
    assert result.exit_code == 0
    assert f"_STROEM_COMPLETE={shell}_complete" in result.output


@pytest.mark.parametrize(("words", "expected"), [("stroem tr", "trigger"), ("stroem trigger --fol", "--follow")])
def test_names_and_options_complete(words: str, expected: str) -> None:
    env = {
        **os.environ,
        "_STROEM_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from stroem.cli.main import main; main()"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"plain,{expected}" in done.stdout.splitlines()
