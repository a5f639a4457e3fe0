"""Values of secrets that workspaces refer to: the stores of this server, and what was read from them."""
