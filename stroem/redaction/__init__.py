"""Secrets: the forms in which they appear, and their removal from text, logs and plain data."""
