"""Local jobs, which go on while the server is away."""
