"""The API of workers."""
