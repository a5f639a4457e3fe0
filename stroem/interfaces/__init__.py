"""What the objects of plugins must be. Plugins import from here, from `definitions` and from `errors` only."""
