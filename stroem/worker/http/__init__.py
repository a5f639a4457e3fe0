"""Requests of the worker to the server over HTTP."""
