"""Sources that are followed, whatever they hold: one loop, claims, requests and announcements."""
