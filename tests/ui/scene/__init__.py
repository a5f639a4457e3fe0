"""A Strøm full of convincing data, for demonstrations, screenshots, browser tests and benchmarks of the web UI."""
