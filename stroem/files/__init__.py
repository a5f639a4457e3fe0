"""Folders and files on disk that only their owner may read."""
