"""Screenshots of a page in both sizes and both themes."""

from pathlib import Path

from playwright.sync_api import Page, ViewportSize

from tests.docs.page import ROOT

FOLDER = ROOT / ".stroem" / "screenshots"
"""Pictures of the last run of the tests, which look at none of them."""
SIZES = (ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844))


def take_screenshots(page: Page, name: str, folder: Path = FOLDER) -> list[Path]:
    """Takes `NAME-WIDTH-THEME.png` of what the page shows; the page is then as it was. The theme must be `system`."""
    before = page.viewport_size
    taken = []
    for size in SIZES:
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
            path = folder / f"{name}-{size['width']}-{theme}.png"
            page.screenshot(path=path, animations="disabled")
            taken.append(path)
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)
    return taken
