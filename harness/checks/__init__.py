"""The checks: pure functions from a run's recording to findings."""
