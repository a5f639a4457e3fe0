"""What follows the end of a job: tallies, and triggers that hear it."""
