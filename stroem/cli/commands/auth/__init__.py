"""`stroem auth` and its commands."""
