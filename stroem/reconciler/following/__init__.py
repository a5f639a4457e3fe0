"""Followed sources of all kinds: one loop, claims, requests and announcements."""
