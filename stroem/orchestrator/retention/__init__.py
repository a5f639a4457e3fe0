"""Retention: removal of old events, releases, plans, workers and unreferenced blobs."""
