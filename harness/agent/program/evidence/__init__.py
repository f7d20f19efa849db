"""Evidence: what the agent itself sees of a fault, before, during and after it."""
