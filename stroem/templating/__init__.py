"""Templates: sandboxed Jinja2 that runs what was written for Tera."""
