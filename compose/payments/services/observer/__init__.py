"""The observer: prints the final books of one run as JSON lines (see harness/observations.py)."""
