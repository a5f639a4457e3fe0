"""`stroem state` and its commands."""
