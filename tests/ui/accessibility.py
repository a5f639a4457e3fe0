"""Checks of pages by axe."""

from typing import Any

from playwright.sync_api import Page

from tests.ui.built import UI

_AXE = UI / "node_modules" / "axe-core" / "axe.min.js"
_BAD = ("serious", "critical")


def serious_violations(page: Page, within: str = "body") -> list[str]:
    """Serious and critical violations that axe finds in a part of the page: the rule and the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text())  # unlike a script element, this is not subject to the page's policy
    found: dict[str, Any] = page.evaluate("within => axe.run(within, { resultTypes: ['violations'] })", within)
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]}: {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in _BAD
        for node in one["nodes"]
    ]


def check_accessibility(page: Page, within: str = "body") -> None:
    """Fails for what axe finds serious or critical, in the light theme and in the dark one."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # no colour is on its way to another
        found = serious_violations(page, within)
        assert not found, "\n".join([f"{theme} theme:", *found])
