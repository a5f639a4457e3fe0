"""Rows of accounts, their sessions, API keys and one-time tokens."""
