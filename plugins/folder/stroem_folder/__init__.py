"""The folder plugin."""
