"""Why jobs and their steps wait, and when that may end."""
