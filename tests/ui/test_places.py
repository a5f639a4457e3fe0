"""Every place of the UI: no problem in the browser, nothing serious for axe, pictures in both sizes and themes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.docs.page import DOCS
from tests.support.programs import Program
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.scene_program import scene_program
from tests.ui.screenshots import take_screenshots
from tests.ui.tour import IMAGES, PLACES, Place

pytestmark = pytest.mark.slow("works in a browser")


@pytest.fixture(scope="module")
def running(built_ui: None, make_data_dir: Callable[[], Path]) -> Iterator[Program]:
    """A scene."""
    program = scene_program(make_data_dir() / "scene")
    yield program
    program.stop()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_place_is_shown_without_a_problem_and_accessible(page: Page, api: Api, place: Place) -> None:
    place.go(page, api)
    take_screenshots(page, place.name)
    check_accessibility(page)


@pytest.mark.parametrize("place", [place for place in PLACES if place.is_in_guide], ids=lambda place: place.name)
def test_the_guide_shows_the_place(place: Place) -> None:
    text = (DOCS / "guides/web-ui.md").read_text()
    assert f"../images/web-ui/{place.name}.png" in text
    assert (IMAGES / f"{place.name}.png").exists()
