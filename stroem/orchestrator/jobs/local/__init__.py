"""Local jobs, with which their workers go on while the server is away."""
