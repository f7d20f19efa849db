"""The system under test: one Compose project with an x-harness section."""
