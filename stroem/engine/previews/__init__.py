"""What is known of the steps of a plan before a job starts, and their order for people. Pure."""
