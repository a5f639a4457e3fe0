"""The shell plugin."""
