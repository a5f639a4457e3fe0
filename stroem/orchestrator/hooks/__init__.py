"""Requests to hooks: fired, recorded, delivered again, tried without effect."""
