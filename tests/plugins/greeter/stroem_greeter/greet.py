"""`stroem greet`."""

import click


@click.command("greet")
@click.argument("name")
def greet(name: str) -> None:
    """Greet somebody."""
    click.echo(f"Hello, {name}!")
