"""Pages for browsers, made without scripts."""
