"""Reports of release plans as text and Markdown."""
