"""Edits of masked texts keep the secrets, and their patches show none and apply."""

import random
import subprocess
from pathlib import Path

import pytest

from stroem.reconciler.workspaces.edited_text import PatchUnsafe, edited
from stroem.redaction.redactor import MARKER, Redactor


def applied(folder: Path, old: str, hunks: str) -> str:
    """Content of a file after `git apply`."""
    file = folder / "file"
    file.write_text(old, newline="")
    patch = f"diff --git a/file b/file\n--- a/file\n+++ b/file\n{hunks}"
    done = subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, f"{done.stderr.decode()}\n{patch}"
    return file.read_bytes().decode()


@pytest.mark.parametrize("seed", range(40))
def test_patches_apply(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    lines = [f"line {chance.randrange(6)}" for _ in range(chance.randrange(1, 40))]
    secret = {number for number in range(len(lines)) if chance.random() < 0.15}
    old_lines = [f"key: s3cr3t-{number}" if number in secret else line for number, line in enumerate(lines)]
    shown = [f"key: {MARKER}" if number in secret else line for number, line in enumerate(lines)]
    new: list[str] = []
    for number, line in enumerate(shown):
        change = 0.0 if number in secret else chance.random()
        new += [] if change > 0.95 else ["changed"] if change > 0.9 else [line, "added"] if change > 0.85 else [line]
    end = chance.choice(["", "\n"])
    old = "\n".join(old_lines) + end
    new_end = end if len(lines) - 1 in secret else chance.choice(["", "\n"])
    edit = edited(old, "\n".join(shown) + end, "\n".join(new) + new_end, Redactor())
    after = edit.text()
    assert MARKER not in after
    try:
        hunks = "".join(edit.hunks())
    except PatchUnsafe:
        assert secret
        return
    assert "s3cr3t" not in hunks
    if hunks:
        assert applied(tmp_path, old, hunks) == after


def test_a_changed_line_between_secrets_has_no_patch() -> None:
    edit = edited(
        "a: s3cr3t\nb: 1\nc: s3cr3t\n",
        f"a: {MARKER}\nb: 1\nc: {MARKER}\n",
        f"a: {MARKER}\nb: 2\nc: {MARKER}\n",
        Redactor(),
    )
    assert edit.text() == "a: s3cr3t\nb: 2\nc: s3cr3t\n"
    with pytest.raises(PatchUnsafe, match="below a change"):
        list(edit.hunks())


def test_a_changed_secret_and_a_moved_one_have_no_patch() -> None:
    with pytest.raises(PatchUnsafe, match="changed or removed"):
        list(edited("a: s3cr3t\nb: 1\n", f"a: {MARKER}\nb: 1\n", "a: other\nb: 1\n", Redactor()).hunks())
    with pytest.raises(PatchUnsafe, match="dots"):
        list(edited("b: 1\n", "b: 1\n", f"b: 1\nc: {MARKER}\n", Redactor()).hunks())


def test_an_added_secret_has_no_patch() -> None:
    with pytest.raises(PatchUnsafe, match="added line holds a secret"):
        list(edited("b: 1\n", "b: 1\n", "b: 1\nc: s3cr3t\n", Redactor(["s3cr3t"])).hunks())


@pytest.mark.parametrize(
    ("old", "new"), [("a\r\nb\r\n", "a\r\nc\r\n"), ("a\x0cb\u2028c", "a\x0cb\u2028d"), ("a", "a\n")]
)
def test_odd_line_ends_stay(tmp_path: Path, old: str, new: str) -> None:
    edit = edited(old, old, new, Redactor())
    assert edit.text() == new
    assert applied(tmp_path, old, "".join(edit.hunks())) == new
