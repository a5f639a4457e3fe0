"""Cache of the results of steps: keys, and what is kept under them."""
