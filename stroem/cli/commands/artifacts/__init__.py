"""`stroem artifacts` and its commands."""
