"""Line numbers, searches and summaries of logs over REST."""

from typing import Any

import orjson
import pytest


@pytest.fixture
async def claim(server: Any, plain_worker: Any) -> Any:
    """A running step that has printed."""
    await server.start_job()
    found = await plain_worker.claim()
    await plain_worker.log(found, "begin", "error: timeout of no-pin-given", "Timeout again", "end")
    return found


@pytest.mark.parametrize("path", ["logs", "steps/say-first/logs"])
async def test_ranges_by_line_numbers(server: Any, claim: Any, path: str) -> None:
    page = await server.get(f"/api/jobs/{claim['job_id']}/{path}", skip=2, limit=1)
    assert [orjson.loads(line)["line"] for line in page.pop("logs").splitlines()] == ["Timeout again"]
    assert page == {"next": 3, "more": True, "total": 4, "first": 2, "lines": 4}
    assert "lines" not in await server.get(f"/api/jobs/{claim['job_id']}/{path}", limit=1)


@pytest.mark.parametrize("path", ["logs", "steps/say-first/logs"])
async def test_search(server: Any, claim: Any, path: str) -> None:
    path = f"/api/jobs/{claim['job_id']}/{path}/search"
    assert await server.get(path, q="timeout") == {
        "lines": [1, 2], "count": 2, "next": 4, "total": 4, "stopped": None,
    }  # fmt: skip
    assert (await server.get(path, q="timeout", case="true"))["lines"] == [1]
    assert (await server.get(path, q="^(begin|end)$", regex="true", after=1))["lines"] == [3]
    assert (await server.get(path, q="timeout", stream="stderr"))["count"] == 0
    first = await server.get(path, q="timeout", limit=1)
    assert (first["lines"], first["next"], first["stopped"]) == ([1], 2, "limit")


@pytest.mark.parametrize("path", ["logs", "steps/say-first/logs"])
async def test_masked_lines_are_not_found_by_their_secrets(server: Any, plain_worker: Any, path: str) -> None:
    job_id = await server.start_job(pin="1-2-my-pin")
    await plain_worker.log(await plain_worker.claim(), "begin", "the pin is 1-2-my-pin, said the program")
    path = f"/api/jobs/{job_id}/{path}"
    lines = [orjson.loads(line)["line"] for line in (await server.get(path))["logs"].splitlines()]
    assert lines == ["begin", "the pin is ••••••, said the program"]
    for more in ({}, {"regex": "true"}, {"case": "true"}):
        assert (await server.get(f"{path}/search", q="the pin is ••••••, said", **more))["lines"] == [1]
        for part in ("1-2-my-pin", "my-pin", "is 1"):
            assert (await server.get(f"{path}/search", q=part, **more))["count"] == 0


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "(", "regex": "true"}, {"q": "x", "stream": "stdin"}])
async def test_searches_that_are_refused(server: Any, claim: Any, query: dict[str, str]) -> None:
    async with server.http.get(f"/api/jobs/{claim['job_id']}/logs/search", params=query) as response:
        assert response.status == 400


async def test_summary(server: Any, claim: Any) -> None:
    found = await server.get(f"/api/jobs/{claim['job_id']}/steps/say-first/logs/summary")
    size = found["size_bytes"]
    assert found == {
        "lines": 4, "size_bytes": size, "first_at": "2026-01-01T00:00:00.5Z", "last_at": "2026-01-01T00:00:00.5Z",
        "attempts": [{"attempt": 1, "lines": 4, "size_bytes": size, "position": 0}],
        "stderr_lines": 0, "first_stderr": None, "first_error": 1, "scanned": 4,
    }  # fmt: skip
    assert (await server.get(f"/api/jobs/{claim['job_id']}/logs/summary"))["attempts"] == []


@pytest.mark.parametrize("path", ["logs/summary", "logs/search?q=x"])
async def test_unknown_steps(server: Any, claim: Any, path: str) -> None:
    async with server.http.get(f"/api/jobs/{claim['job_id']}/steps/third/{path}") as response:
        assert response.status == 404
