"""The settlement workers: take approved payments from the outbox to the acquirer, and post what it says."""
