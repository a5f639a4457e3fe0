"""The web UI in chromium: size of its script, time until it can be used, frames while scrolling, memory, idle work."""

import asyncio
import json
import os
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from tests.benchmarks.bench import Bench
from tests.benchmarks.table import Row, at_most
from tests.ui.browser import ARGUMENTS, find_chromium
from tests.ui.built import build_ui
from tests.ui.scene.running_scene import Size, scene
from tests.ui.scene.server import Running

NAME = "web-ui"
SIZE: Size = "full" if os.environ.get("SCENE") == "full" else "small"
"""`SCENE=full` measures on 100,000 jobs, 10,000 items of a loop and a million log lines, and takes minutes more."""
MORE_SECS = 1500 if SIZE == "full" else 0
KEPT = os.environ.get("SCENE_FOLDER")
"""A folder in which the scene stays for the next run; without it, a new one is made."""
SLOWER = 4
TARGET_SCRIPT_KB = 150
TARGET_READY_MS = 1500
TARGET_FRAME_MS = 50
TARGET_GROWTH_MB = 10
IDLE_SECS = 10
LIVE_SECS = 60
LOADS = 5
WHEELS = 120

_FRAMES = """
() => { const frames = []; let last = performance.now();
  window.benchFrames = frames;
  const next = now => { frames.push(now - last); last = now; requestAnimationFrame(next); };
  requestAnimationFrame(next); }
"""
_READY = """
content => { const look = () => {
    if (document.querySelector(content)) window.benchReady = performance.now(); else requestAnimationFrame(look); };
  requestAnimationFrame(look); }
"""


async def measure(bench: Bench) -> list[Row]:
    """Opens pages of a scene as a person would. Figures are of the size of scene that the row names."""
    await asyncio.to_thread(build_ui)
    folder = Path(KEPT) if KEPT else bench.folder("scene")
    async with scene(folder, SIZE, keep=True) as running, _chromium() as browser:
        jobs = {name: await _newest_job(running, name) for name in ("many", "loud")}
        rows = [await _script(browser, running)]
        rows += [await _ready(browser, running, "/jobs", "list of jobs", "tr[data-job]")]
        rows += [await _ready(browser, running, "/", "Home", "main h1")]
        rows += [await _frames(browser, running, f"/jobs/{jobs['loud']}/log?step=build-index", "a log")]
        rows += [await _frames(browser, running, f"/jobs/{jobs['many']}?step=item", "a loop's items")]
        rows += [await _idle(browser, running, jobs["many"]), await _growth(browser, running)]
    return rows


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        await browser.close()


async def _newest_job(running: Running, task: str) -> str:
    page = await running.get("/api/jobs", workspace="flows", task_name=task, limit=1)
    return str(page["items"][0]["job_id"])


async def _open(browser: Browser, running: Running) -> tuple[Page, CDPSession]:
    context = await browser.new_context(base_url=running.url, viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Performance.enable")
    return page, session


async def _script(browser: Browser, running: Running) -> Row:
    """All scripts that the first page loads until nothing is loaded any more, without the headers of the answers."""
    page, session = await _open(browser, running)
    scripts: dict[str, float] = {}
    heads: dict[str, float] = {}

    def note_head(event: dict[str, Any]) -> None:
        if event["type"] == "Script":
            heads[event["requestId"]] = event["response"]["encodedDataLength"]

    def note_size(event: dict[str, Any]) -> None:
        if (head := heads.get(event["requestId"])) is not None:
            scripts[event["requestId"]] = event["encodedDataLength"] - head

    session.on("Network.responseReceived", note_head)
    session.on("Network.loadingFinished", note_size)
    await session.send("Network.enable")
    await page.goto("/", wait_until="load")
    await page.get_by_role("heading", level=1).wait_for()
    await page.wait_for_load_state("networkidle")
    size = sum(scripts.values()) / 1000
    await page.context.close()
    return Row(
        line="script of the first page, compressed",
        figure=f"{size:.0f} kB",
        limit=f"{len(scripts)} files",
        target=f"{TARGET_SCRIPT_KB} kB",
        verdict=at_most(size, TARGET_SCRIPT_KB),
        values={"kb": size},
    )


async def _ready(browser: Browser, running: Running, path: str, what: str, content: str) -> Row:
    """From the navigation to the frame with the page's content, with the processor slowed down and nothing cached."""
    times = []
    for _ in range(LOADS):
        page, session = await _open(browser, running)
        await page.add_init_script(f"({_READY})({json.dumps(content)})")
        await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        await page.goto(path, wait_until="networkidle")
        times.append(await page.evaluate("window.benchReady"))
        await page.context.close()
    p50 = statistics.median(times)
    return Row(
        line=f"{what} can be used, {SLOWER}x slower processor, {SIZE} scene, p50 of {LOADS}",
        figure=f"{p50:.0f} ms",
        target=f"{TARGET_READY_MS} ms",
        verdict=at_most(p50, TARGET_READY_MS),
        values={"p50": p50, "slowest": max(times)},
    )


async def _frames(browser: Browser, running: Running, path: str, what: str) -> Row:
    """The longest time between two frames while the wheel turns, then after a jump to the middle."""
    page, _ = await _open(browser, running)
    await page.goto(path)
    await page.wait_for_load_state("networkidle")
    items = page.get_by_role("button").filter(has_text="item[")
    box = (page.get_by_role("log") if "log" in path else items).first
    await box.wait_for()
    await box.hover()
    await page.evaluate(_FRAMES)
    for _ in range(WHEELS):
        await page.mouse.wheel(0, 400)
        await page.evaluate("new Promise(requestAnimationFrame)")
    frames = await page.evaluate("window.benchFrames")
    await page.context.close()
    longest = max(frames[1:])
    return Row(
        line=f"longest frame while scrolling {what}, {SIZE} scene",
        figure=f"{longest:.0f} ms",
        limit=f"{statistics.median(frames):.0f} ms p50",
        target=f"{TARGET_FRAME_MS} ms",
        verdict=at_most(longest, TARGET_FRAME_MS),
        values={"longest": longest, "p50": statistics.median(frames)},
    )


async def _idle(browser: Browser, running: Running, job: str) -> Row:
    """Share of a processor that the open page of an ended job takes."""
    page, session = await _open(browser, running)
    await page.goto(f"/jobs/{job}")
    await page.wait_for_load_state("networkidle")
    before = await _metric(session, "TaskDuration")
    await asyncio.sleep(IDLE_SECS)  # the span that is measured
    share = (await _metric(session, "TaskDuration") - before) / IDLE_SECS * 100
    await page.context.close()
    return Row(line="processor of an idle job page", figure=f"{share:.1f} %", values={"percent": share})


async def _growth(browser: Browser, running: Running) -> Row:
    """Growth of the heap of the list of jobs while jobs come and end, after garbage was collected."""
    page, session = await _open(browser, running)
    await page.goto("/jobs")
    await page.locator("tr[data-job]").first.wait_for()
    await _run_jobs(running, LIVE_SECS / 6)
    before = await _heap(session)
    started = await _run_jobs(running, LIVE_SECS)
    growth = (await _heap(session) - before) / 1e6
    await page.context.close()
    return Row(
        line=f"growth of the list of jobs' memory over {started} live jobs",
        figure=f"{growth:.1f} MB",
        limit=f"{before / 1e6:.0f} MB before",
        target=f"{TARGET_GROWTH_MB} MB",
        verdict=at_most(growth, TARGET_GROWTH_MB),
        values={"mb": growth},
    )


async def _run_jobs(running: Running, secs: float) -> int:
    started = 0
    end = asyncio.get_running_loop().time() + secs
    while asyncio.get_running_loop().time() < end:
        await running.post("/api/workspaces/web-edge/tasks/synthetic/execute", {"input": {}})
        started += 1
        await asyncio.sleep(0.1)  # ten jobs a second
    return started


async def _heap(session: CDPSession) -> float:
    await session.send("HeapProfiler.collectGarbage")
    return await _metric(session, "JSHeapUsedSize")


async def _metric(session: CDPSession, name: str) -> float:
    answer = await session.send("Performance.getMetrics")
    return float(next(metric["value"] for metric in answer["metrics"] if metric["name"] == name))
