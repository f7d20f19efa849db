"""The faults: one small file a kind."""
