"""Conversation with a server: requests, streams, reconnects."""
