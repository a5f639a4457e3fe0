"""Requests to a server, streams, reconnects."""
