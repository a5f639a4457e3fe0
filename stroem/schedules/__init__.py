"""Times of schedules: cron expressions, clocks of time zones. Pure."""
