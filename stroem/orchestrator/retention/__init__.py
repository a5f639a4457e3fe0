"""Removal of what is kept no longer: events, releases, blobs, workers."""
