"""Routes of the logs of jobs and steps: pages, live lines, searches and summaries."""
