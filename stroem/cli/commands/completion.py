"""`stroem completion`."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      stroem completion bash > ~/.local/share/bash-completion/completions/stroem
      stroem completion zsh > "${fpath[1]}/_stroem"
      stroem completion fish > ~/.config/fish/completions/stroem.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None, shell
    click.echo(kind(ctx.find_root().command, {}, "stroem", "_STROEM_COMPLETE").source())
