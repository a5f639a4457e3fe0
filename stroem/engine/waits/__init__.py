"""Steps that wait: pauses, reminders, signals."""
