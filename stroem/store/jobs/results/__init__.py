"""Results of steps: outputs, large ones among them, those kept for later steps, those taken over by re-runs."""
