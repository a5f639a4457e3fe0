"""The token with which a step calls the API."""

from typing import Any

from stroem.worker.steps.token_mask import TokenMask
from tests.worker.scripted_server import TOKEN

API_TOKEN = "strs_WyJtYWluIiwiYS1qb2IiXQ.c2lnbmF0dXJlLW9mLXRoZS1zZXJ2ZXI"
SCRIPT = """
echo "token=$STROEM_TOKEN url=$STROEM_URL length=${#STROEM_TOKEN}"
echo "OUTPUT: {\\"token\\": \\"$STROEM_TOKEN\\"}"
"""


async def test_a_step_gets_its_token_which_is_masked(site: Any) -> None:
    async with site.worker():
        key = site.server.offer(SCRIPT, api_token=API_TOKEN)
        ended = await site.server.outcome(key)
    first, _ = site.server.lines(key, "stdout")
    assert f" url={site.server.url} length={len(API_TOKEN)}" in first
    assert API_TOKEN not in str(site.server.lines(key))
    assert ended["exit_code"] == 0
    assert API_TOKEN not in str(ended["output"])


async def test_without_one_there_are_no_variables(site: Any) -> None:
    async with site.worker():
        key = site.server.offer('echo "[${STROEM_TOKEN-none}] [${STROEM_URL-none}]"')
        await site.server.outcome(key)
    assert site.server.lines(key, "stdout") == ["[none] [none]"]


def test_a_newer_token_of_the_worker_is_masked_too() -> None:
    mask = TokenMask(TOKEN)
    newer = "strw_" + "0123456789abcdef" * 3
    assert newer in mask.text(newer)
    mask.add(newer)
    assert newer not in mask.text(f"a {newer} b")
    assert TOKEN not in mask.text(TOKEN)
