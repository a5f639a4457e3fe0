"""Notices of changes for whoever watches the whole instance."""
