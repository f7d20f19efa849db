"""The sidecar that applies faults next to the containers."""
