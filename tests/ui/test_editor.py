"""The editor: completion, mistakes as one types, the plan, and a patch that git applies."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.git.repository import GitRepository
from tests.support.programs import Program
from tests.support.wait import eventually_blocking
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.screenshots import SIZES, take_screenshots

pytestmark = pytest.mark.slow("works in a browser")

MAIN = ".workflows/main.yaml"
TEXT = """secrets:
  warehouse: {password: s3cr3t-of-editor}

actions:
  greet:
    type: script
    script: echo hello

tasks:
  hello:
    description: Greets.
    flow:
      one: {action: greet}

triggers:
  nightly: {type: scheduler, cron: "30 2 * * *", task: hello}
"""
OTHER = "tasks:\n  bye:\n    flow:\n      one: {type: script, script: echo bye}\n"


@pytest.fixture(scope="module")
def repository(make_data_dir: Callable[[], Path]) -> GitRepository:
    """The repository of the workspace `flows`."""
    made = GitRepository.create(make_data_dir() / "flows.git")
    made.commit({MAIN: TEXT.encode(), ".workflows/other.yaml": OTHER.encode(), "notes.md": b"# Notes\n"})
    return made


@pytest.fixture(scope="module")
def running(
    built_ui: None, make_data_dir: Callable[[], Path], repository: GitRepository, start: Callable[..., Program]
) -> Iterator[Program]:
    """A server that follows the repository."""
    data = make_data_dir()
    settings = data.parent / f"{data.name}.yaml"
    settings.write_text(
        f"workspaces: {{flows: {{type: git, url: 'file://{repository.folder}', ref: main, poll_interval: 1}}}}\n"
    )
    program = start("up", "--json", "--port", "0", "--data-dir", str(data), "--config", str(settings))
    yield program
    if program.process.poll() is None:
        program.stop()
    settings.unlink()


@pytest.fixture(autouse=True)
def fresh(api: Api, repository: GitRepository) -> None:
    """The workspace as it was at first."""
    repository.commit({MAIN: TEXT.encode(), ".workflows/other.yaml": OTHER.encode(), "notes.md": b"# Notes\n"})
    await_seen(api, repository)


def await_seen(api: Api, repository: GitRepository) -> None:
    """Waits until the tip of the repository was seen by the server."""
    tip = repository.tip()
    eventually_blocking(
        lambda: api.get("/api/workspaces/flows")["observed_revision"] == tip or None, "the commit is seen"
    )


def open_editor(page: Page, file: str = MAIN, more: str = "") -> Locator:
    """Opens a file in the editor and returns its text."""
    page.goto(f"/workspaces/flows/edit?file={file}{more}")
    text = page.get_by_role("textbox", name=f"Text of {file}")
    expect(text).to_be_visible()
    return text


def replace_all(page: Page, text: Locator, now: str) -> None:
    """Replaces the whole text as by pasting."""
    text.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(now)


def replace_word_before_dot(page: Page, line: Locator, now: str) -> None:
    """Replaces the last word of a line by keys; where a click lands depends on what is coloured by then."""
    line.click()
    for keys in ("End", "ArrowLeft", "Control+Shift+ArrowLeft"):
        page.keyboard.press(keys)
    page.keyboard.type(now)


def shown_check(page: Page) -> Locator:
    return page.get_by_role("region", name="Check")


def test_keys_and_values_are_completed(page: Page) -> None:
    text = open_editor(page, ".workflows/other.yaml")
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("  more:\n")
    page.keyboard.type("mod")
    page.get_by_role("option", name="mode").click()
    page.get_by_role("option", name="local").click()
    expect(text).to_contain_text("mode: local")
    page.keyboard.press("Enter")
    page.keyboard.type("flow:\none: {action: gre")
    expect(page.get_by_role("option", name="greet")).to_be_visible()


def test_a_key_is_explained(page: Page) -> None:
    text = open_editor(page)
    text.get_by_text("cron", exact=True).hover()
    expect(page.locator(".cm-help")).to_contain_text("cron")


def test_a_mistake_is_marked_as_it_is_made(page: Page) -> None:
    text = open_editor(page)
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    replace_all(page, text, TEXT.replace("s3cr3t-of-editor", "••••••").replace("action: greet}", "action: greeet}"))
    mistake = shown_check(page).get_by_role("button", name=re.compile("no action .greeet."))
    expect(mistake).to_contain_text(f"{MAIN}:13:21")
    expect(page.locator(".cm-lintRange-error")).to_have_text("greeet")
    expect(page.get_by_role("treeitem", name="main.yaml")).to_contain_text("M")
    check_accessibility(page)
    take_screenshots(page, "editor-mistake")
    page.get_by_role("treeitem", name="other.yaml").click()
    expect(page.get_by_role("textbox", name="Text of .workflows/other.yaml")).to_be_visible()
    mistake.click()
    expect(text).to_be_focused()
    page.keyboard.type("x")
    expect(text).to_contain_text("action: xgreeet")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()


def test_a_patch_is_applied_and_pushed(page: Page, api: Api, repository: GitRepository, tmp_path: Path) -> None:
    text = open_editor(page)
    now = text.inner_text()
    assert "s3cr3t-of-editor" not in page.content()
    assert "••••" in now
    replace_word_before_dot(page, text.get_by_text("Greets."), "Welcomes")
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("textbox", name="Path of the file").fill("scripts/new.sh")
    page.keyboard.press("Enter")
    new = page.get_by_role("textbox", name="Text of scripts/new.sh")
    new.click()
    page.keyboard.type("echo new\n")
    page.get_by_role("treeitem", name="notes.md").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("The edit removes this file.")).to_be_visible()
    page.get_by_role("treeitem", name="other.yaml").click()
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Path of the file").fill(".workflows/bye.yaml")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Text of .workflows/bye.yaml")).to_contain_text("echo bye")
    shown_check(page).get_by_role("tab", name="Plan").click()
    expect(shown_check(page).get_by_text("Welcomes")).to_be_visible()
    shown_check(page).get_by_role("tab", name="Patch").click()
    expect(shown_check(page).get_by_text("scripts/new.sh")).to_be_visible()
    take_screenshots(page, "editor-patch")
    with page.expect_download() as found:
        page.get_by_role("button", name="Download patch").click()
    patch = tmp_path / found.value.suggested_filename
    found.value.save_as(patch)
    release = api.get("/api/workspaces/flows")["release"]
    assert patch.name == f"flows-{release}.patch"
    clone = tmp_path / "clone"

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=clone, check=True, capture_output=True)

    subprocess.run(["git", "clone", "-q", str(repository.folder), str(clone)], check=True)
    git("apply", "--index", str(patch))
    assert (clone / MAIN).read_text() == TEXT.replace("Greets", "Welcomes")
    git("commit", "-q", "-m", "Edited in the browser")
    git("push", "-q", "origin", "main")
    await_seen(api, repository)
    files = api.get("/api/workspaces/flows/releases/current/files")["items"]
    assert [one["path"] for one in files] == [".workflows/bye.yaml", MAIN, "scripts/new.sh"]
    assert api.get("/api/workspaces/flows/tasks/hello")["description"] == "Welcomes."
    page.get_by_role("button", name="See what changed…").click()
    expect(page.get_by_role("dialog").get_by_text("it is there as you have it")).to_have_count(5)
    page.get_by_role("button", name="Move my edits").click()
    expect(page.get_by_text(f"upon release {release + 1}")).to_be_visible()
    expect(page.get_by_role("button", name="Download patch")).to_be_disabled()
    repository.commit({".workflows/bye.yaml": None, "scripts/new.sh": None})


def test_a_reload_keeps_the_edits_and_revert_drops_them(page: Page) -> None:
    text = open_editor(page, "notes.md")
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("More.")
    expect(page.get_by_role("treeitem", name="notes.md")).to_contain_text("M")
    page.reload()
    expect(text).to_contain_text("More.")
    page.get_by_role("button", name="Revert").click()
    expect(text).not_to_contain_text("More.")
    page.reload()
    expect(text).to_be_visible()
    expect(text).not_to_contain_text("More.")


def test_a_release_that_arrives_is_told_and_merged(page: Page, api: Api, repository: GitRepository) -> None:
    text = open_editor(page)
    replace_word_before_dot(page, text.get_by_text("Greets."), "Welcomes")
    page.get_by_role("treeitem", name="notes.md").click()
    notes = page.get_by_role("textbox", name="Text of notes.md")
    replace_all(page, notes, "# Mine\n")
    repository.commit({MAIN: TEXT.replace("30 2", "30 3").encode(), "notes.md": b"# Theirs\n"})
    page.get_by_role("button", name="See what changed…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("both edits fit together")).to_be_visible()
    expect(dialog.get_by_text("both changed the same lines")).to_be_visible()
    expect(dialog.get_by_text("# Theirs")).to_be_visible()
    check_accessibility(page, "[role=dialog]")
    take_screenshots(page, "editor-move")
    dialog.get_by_role("radio", name="Theirs").click()
    dialog.get_by_role("button", name="Move my edits").click()
    expect(notes).to_contain_text("# Theirs")
    page.get_by_role("treeitem", name="main.yaml").click()
    expect(text).to_contain_text("Welcomes.")
    expect(text).to_contain_text("30 3 * * *")
    shown_check(page).get_by_role("tab", name="Patch").click()
    expect(shown_check(page).get_by_text("notes.md")).to_have_count(0)
    expect(shown_check(page).get_by_text(re.compile(r"^\+1 .1$"))).to_be_visible()


def test_a_revision_with_mistakes_is_mended(page: Page, api: Api, repository: GitRepository) -> None:
    repository.commit({".workflows/other.yaml": OTHER.replace("type: script", "action: greeet, type: task").encode()})
    broken = repository.tip()
    await_seen(api, repository)
    page.goto("/workspaces/flows?tab=mistakes")
    expect(page.get_by_text("does not run")).to_be_visible()
    page.locator("main").get_by_role("link", name="Edit").last.click()
    text = page.get_by_role("textbox", name="Text of .workflows/other.yaml")
    expect(text).to_be_focused()
    expect(page.get_by_text(f"upon revision {broken[:7]}")).to_be_visible()
    expect(page.locator(".cm-lintRange-error").first).to_be_visible()
    replace_all(page, text, OTHER)
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    shown_check(page).get_by_role("tab", name="Plan").click()
    expect(shown_check(page).get_by_text("nothing changes")).to_be_visible()


def test_secrets_are_neither_shown_nor_written_over(page: Page) -> None:
    text = open_editor(page)
    expect(page.get_by_text("Dots stand for secrets")).to_be_visible()
    replace_all(page, text, TEXT.replace("s3cr3t-of-editor", "an0ther"))
    shown_check(page).get_by_role("tab", name="Patch").click()
    expect(shown_check(page).get_by_text("is not in the patch")).to_be_visible()
    assert "s3cr3t-of-editor" not in page.content()


def test_fast_typing_loses_nothing(page: Page) -> None:
    text = open_editor(page, "notes.md")
    text.click()
    page.keyboard.press("Control+End")
    page.evaluate(
        """async (words) => {
            for (const letter of words) {
                document.execCommand("insertText", false, letter);
                await new Promise((resolve) => setTimeout(resolve));
            }
        }""",
        "The quick brown fox",
    )
    page.reload()
    expect(text).to_contain_text("The quick brown fox")


def test_a_path_that_is_taken_is_refused(page: Page) -> None:
    open_editor(page)
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("textbox", name="Path of the file").fill("notes.md")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("There is such a file.")
    page.get_by_role("textbox", name="Path of the file").fill("a/new.md")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Text of a/new.md")).to_be_visible()


def test_an_edit_is_told_when_the_browser_keeps_nothing(page: Page) -> None:
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }")
    text = open_editor(page, "notes.md")
    text.click()
    page.keyboard.type("x")
    expect(page.get_by_text("This browser does not keep the edits")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())


def test_a_failed_check_is_told_with_a_retry(page: Page, problems: Problems) -> None:
    problems.expect("status of 503|net::ERR")
    text = open_editor(page, "notes.md")
    page.route("**/check", lambda route: route.fulfill(status=503, json={"error": "The source is away."}))
    text.click()
    page.keyboard.type("x")
    expect(shown_check(page).get_by_text("The source is away.").first).to_be_visible()
    page.unroute("**/check")
    shown_check(page).get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Valid", exact=True)).to_be_visible()


def test_the_editor_is_found_from_the_palette_and_the_task(page: Page) -> None:
    page.goto("/tasks/flows/hello?pane=definition")
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("textbox", name=f"Text of {MAIN}")).to_be_focused()
    page.goto("/jobs")
    page.locator("main h1").wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("combobox").fill("edit flows")
    page.get_by_role("option", name=re.compile("Edit the files of flows")).click()
    expect(page).to_have_url(re.compile("/workspaces/flows/edit"))


def test_the_editor_fits_a_telephone_and_both_themes(new_page: NewPage) -> None:
    for size in SIZES:
        page = new_page(f"/workspaces/flows/edit?file={MAIN}", size=size)
        page.locator(".cm-content").wait_for()
        check_accessibility(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for name in ("Files", "Mistakes", "Plan", "Patch"):
        page.get_by_role("tab", name=name).click()
        check_accessibility(page)
    page.get_by_role("tab", name="Files").click()
    page.get_by_role("treeitem", name="notes.md").click()
    expect(page.get_by_role("textbox", name="Text of notes.md")).to_be_visible()
