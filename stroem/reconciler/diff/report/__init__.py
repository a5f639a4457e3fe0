"""Reports of diffs as text, Markdown and JSON; text and Markdown are templates."""
