"""Sources: made from settings, watched, and limited to the hosts an operator allows."""
