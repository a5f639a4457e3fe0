"""`stroem init`: a workspace to start from."""

import contextlib
import io
from pathlib import Path

import click

HELLO = """\
# yaml-language-server: $schema=schema.json

actions:
  greet:
    type: script
    source: scripts/greet.sh
    env:
      NAME: "{{ input.name }}"
    input:
      name: { type: string, required: true }
    output:
      greeting: { type: string }

tasks:
  hello:
    description: Greets somebody, twice.
    input:
      name:
        type: string
        default: world
    flow:
      greet:
        action: greet
        input:
          name: "{{ input.name }}"
      repeat:
        depends_on: [greet]
        type: script
        script: echo "$SAID"
        env:
          SAID: "{{ greet.output.greeting }}"
"""

GREET = """\
#!/bin/sh
# Whatever a step prints is its log. A line "OUTPUT: {json}" is its output, which later steps can read.
set -eu
echo "greeting $NAME"
printf 'OUTPUT: {"greeting": "Hello, %s!"}\\n' "$NAME"
"""

IGNORED = """\
# what `stroem up` keeps
.stroem/
"""

FILES = {".gitignore": (IGNORED, 0o644), ".workflows/hello.yaml": (HELLO, 0o644), "scripts/greet.sh": (GREET, 0o755)}
SCHEMA = ".workflows/schema.json"


@click.command(epilog="Example: stroem init my-workflows")
@click.argument("path", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.pass_context
def init(ctx: click.Context, path: Path) -> None:
    """Make a new workspace in a folder: one task and its script. Files that exist stay as they are."""
    for name, (text, mode) in FILES.items():
        _write(path / name, text, mode)
    schema = _schema(ctx)
    if schema:
        _write(path / SCHEMA, schema, 0o644)
    click.echo(f"\nNext: stroem validate {path}, then stroem run hello --path {path}")


def _write(path: Path, text: str, mode: int) -> None:
    """Writes a new file; one that exists is left alone."""
    if path.exists():
        click.echo(f"kept  {path}")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        path.chmod(mode)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from error
    click.echo(f"made  {path}")


def _schema(ctx: click.Context) -> str | None:
    """The output of `stroem schema`, for completion in editors; None without that command."""
    program = ctx.find_root().command
    command = program.get_command(ctx, "schema") if isinstance(program, click.Group) else None
    if command is None:
        return None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        command.main(args=[], prog_name="stroem schema", standalone_mode=False)
    return printed.getvalue()
