"""Files of releases in the web UI: tree, text, links to lines and to what a file defines."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.conftest import NewPage
from tests.ui.screenshots import SIZES

pytestmark = pytest.mark.slow("works in a browser")

MAIN = """secrets:
  warehouse: {password: s3cr3t-of-files}

actions:
  greet:
    type: script
    script: echo "{{ input.name }}"

tasks:
  hello:
    description: Greets.
    flow:
      one: {action: greet, input: {name: you}}
  bye:
    flow:
      one: {type: script, script: echo bye}

triggers:
  nightly: {type: scheduler, cron: "30 2 * * *", task: hello}
"""


@pytest.fixture(scope="module")
def workspace_dir(make_data_dir: Callable[[], Path]) -> Path:
    """A workspace with workflow files, scripts, a link, and files that have no text to show."""
    folder = make_data_dir() / "files"
    for path, text in {
        ".workflows/main.yaml": MAIN,
        "scripts/load.sh": "#!/bin/sh\necho load\n",
        "scripts/deep/er/table.py": "print('table')\n",
        "notes.md": "# Notes\n",
        "large.txt": "x" * (1024 * 1024 + 1),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "picture.bin").write_bytes(b"\0\xff\0")
    (folder / "link.sh").symlink_to("scripts/load.sh")
    return folder


def test_the_files_of_a_release_are_a_tree(page: Page) -> None:
    page.goto("/workspaces/default")
    page.get_by_role("tab", name="Files").click()
    tree = page.get_by_role("tree", name="Files")
    tree.get_by_role("treeitem", name="table.py").click()
    expect(page).to_have_url(re.compile(r"file=scripts%2Fdeep%2Fer%2Ftable\.py"))
    expect(page.get_by_role("textbox", name="Text of scripts/deep/er/table.py")).to_contain_text("print('table')")
    tree.get_by_role("treeitem", name="scripts", exact=True).click()
    expect(tree.get_by_role("treeitem", name="load.sh")).to_have_count(0)
    page.get_by_placeholder("Find a file").fill("load")
    expect(tree.get_by_role("treeitem")).to_have_text(["scripts", "load.sh"])
    page.get_by_placeholder("Find a file").fill("nowhere")
    expect(page.get_by_text("No file has “nowhere” in its path.")).to_be_visible()


def test_the_tree_works_by_keys(page: Page) -> None:
    page.goto("/workspaces/default?tab=files&file=notes.md")
    item = page.get_by_role("treeitem", name="notes.md")
    item.focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(page.get_by_role("treeitem", name="load.sh")).to_be_focused()
    page.get_by_role("treeitem", name="scripts", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("treeitem", name="load.sh")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem", name="deep")).to_be_focused()
    page.get_by_role("treeitem", name="load.sh").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Text of scripts/load.sh")).to_contain_text("echo load")


def test_a_workflow_file_leads_to_what_it_defines_and_back(page: Page, api: Api) -> None:
    page.goto("/workspaces/default?tab=files&file=.workflows/main.yaml")
    expect(page.get_by_text("secrets are dots")).to_be_visible()
    assert "s3cr3t-of-files" not in page.content()
    outline = page.get_by_role("complementary", name="Definitions")
    outline.get_by_role("button", name="bye").click()
    line = MAIN.split("\n").index("  bye:") + 1
    expect(page).to_have_url(re.compile(rf"line={line}\b"))
    expect(page.locator(".cm-linked")).to_have_text("  bye:")
    expect(outline.get_by_role("link", name="Page of the trigger nightly")).to_be_visible()
    outline.get_by_role("link", name="Page of the task bye").click()
    expect(page.locator("main h1")).to_have_text("bye")
    page.get_by_role("tab", name="Definition").click()
    page.get_by_role("link", name=f".workflows/main.yaml:{line}").click()
    expect(page.locator(".cm-linked")).to_have_text("  bye:")


def test_a_line_can_be_linked_to(page: Page) -> None:
    page.goto("/workspaces/default?tab=files&file=scripts/load.sh")
    page.locator(".cm-lineNumbers .cm-gutterElement", has_text="2").click()
    expect(page).to_have_url(re.compile(r"line=2\b"))
    page.reload()
    expect(page.locator(".cm-linked")).to_have_text("echo load")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("picture.bin", "A binary file of 3 B"),
        ("large.txt", "more than 1 MiB"),
        ("link.sh", "A link to scripts/load.sh"),
    ],
)
def test_what_has_no_text_says_why(page: Page, path: str, words: str) -> None:
    page.goto(f"/workspaces/default?tab=files&file={path}")
    expect(page.get_by_text(words)).to_be_visible()


def test_a_file_can_be_downloaded(page: Page, tmp_path: Path) -> None:
    page.goto("/workspaces/default?tab=files&file=scripts/load.sh")
    with page.expect_download() as found:
        page.get_by_role("button", name="Download the text").click()
    assert found.value.suggested_filename == "load.sh"
    found.value.save_as(tmp_path / "load.sh")
    assert (tmp_path / "load.sh").read_text() == "#!/bin/sh\necho load\n"


def test_files_are_accessible_and_fit_a_telephone(new_page: NewPage) -> None:
    path = "/workspaces/default?tab=files&file=.workflows/main.yaml"
    page = new_page(path)
    page.locator(".cm-content").wait_for()
    check_accessibility(page)
    small = new_page(path, size=SIZES[1])
    small.locator(".cm-content").wait_for()
    assert small.evaluate("document.documentElement.scrollWidth") <= SIZES[1]["width"]
    small.get_by_role("button", name="All files").click()
    small.get_by_role("treeitem", name="notes.md").click()
    expect(small.get_by_role("textbox", name="Text of notes.md")).to_contain_text("Notes")


def test_a_revision_with_mistakes_shows_its_files(page: Page, api: Api, workspace_dir: Path) -> None:
    broken = workspace_dir / ".workflows" / "broken.yaml"
    broken.write_text("tasks:\n  odd: {flow: {one: {action: greeet}}}\n")
    try:
        api.post("/api/workspaces/default/reconcile", {})
        page.goto("/workspaces/default?tab=files")
        page.get_by_role("combobox", name="Release of the files").click()
        page.get_by_role("option", name="last seen").click()
        page.get_by_role("treeitem", name="broken.yaml").click()
        expect(page.locator(".cm-content")).to_contain_text("greeet")
        expect(page.get_by_role("link", name="Page of the task odd")).to_have_count(0)
    finally:
        broken.unlink()
