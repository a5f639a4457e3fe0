"""Tarballs of releases for workers."""
