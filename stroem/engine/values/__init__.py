"""Values of a job that decisions read: inputs, states, scopes, and what templates make of them."""
