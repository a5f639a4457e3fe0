"""Gestures of a mouse."""

from playwright.sync_api import Locator


def draw_span(bars: Locator) -> None:
    """Draws over the second fifth of a chart."""
    box = bars.bounding_box()
    assert box is not None
    mouse = bars.page.mouse
    mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 10)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 10, steps=4)
    mouse.up()
