"""Commands without a server: folders, git checkouts, the server started by a command."""
