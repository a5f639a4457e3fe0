"""Steps that leave their output in the file `$STROEM_OUTPUT`."""

from typing import Any

import pytest


async def test_a_step_writes_and_prints_its_output(site: Any, server: Any) -> None:
    script = """
    echo 'OUTPUT: {"a": 1, "b": 1}'
    echo b=2 >> $STROEM_OUTPUT
    printf 'notes<<EOF\\none\\ntwo\\nEOF\\n' >> "$STROEM_OUTPUT"
    """
    async with site.worker():
        first = await server.outcome(server.offer(script))
        second = await server.outcome(
            server.offer('test ! -e "$STROEM_OUTPUT" && echo \'{"c": [1]}\' > $STROEM_OUTPUT')
        )
    assert first["output"] == {"a": 1, "b": "2", "notes": "one\ntwo"}
    assert second["output"] == {"c": [1]}


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo a=1 > $STROEM_OUTPUT; echo oh >> $STROEM_OUTPUT", "$STROEM_OUTPUT, line 2: 'oh' is neither"),
        ("ln -s /etc/passwd $STROEM_OUTPUT", "$STROEM_OUTPUT cannot be read"),
        ("mkfifo $STROEM_OUTPUT", "$STROEM_OUTPUT must stay a file"),
        ("printf '{\"n\": %05000d}' 7 | tr 0 1 > $STROEM_OUTPUT", "$STROEM_OUTPUT, line 1: it cannot be kept: n: is a"),
        ("head -c 17000000 /dev/zero > $STROEM_OUTPUT", "The output has 17,000,000 bytes"),
    ],
)
async def test_bad_content_fails_the_step_by_name(site: Any, server: Any, script: str, error: str) -> None:
    async with site.worker():
        key = server.offer(script)
        outcome = await server.outcome(key)
    assert (outcome["exit_code"], outcome["error_kind"]) == (0, "output")
    assert outcome["error"].startswith(error)
    assert "output" not in outcome
    assert server.lines(key, "stderr") == [outcome["error"]]


async def test_a_failed_step_keeps_the_output_that_it_wrote(site: Any, server: Any) -> None:
    async with site.worker():
        outcome = await server.outcome(server.offer("echo done=3 > $STROEM_OUTPUT; exit 4"))
    assert (outcome["exit_code"], outcome["output"]) == (4, {"done": "3"})
