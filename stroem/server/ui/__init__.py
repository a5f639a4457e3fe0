"""The web UI as its build leaves it: files that a browser loads, and the headers they have."""
