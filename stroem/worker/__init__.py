"""The worker: claims steps, runs them, and reports."""
