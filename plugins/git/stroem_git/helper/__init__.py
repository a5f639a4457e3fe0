"""Helper processes that run libgit2, and the requests to them."""
