"""`stroem hooks` and its subcommands."""
