"""HTTP clients of a server: what worker and CLI share."""
