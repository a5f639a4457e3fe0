"""Tallies of ended jobs.

They are kept in parts, so that jobs that end together do not wait for one another.
"""

COUNT = """
    INSERT INTO job_tallies AS t (status, part, jobs)
    SELECT status, pg_backend_pid() %% 16, count(*) FROM {ended} GROUP BY status
    ON CONFLICT (status, part) DO UPDATE SET jobs = t.jobs + excluded.jobs
    """
"""Adds the jobs of the relation `ended`, by their status."""
