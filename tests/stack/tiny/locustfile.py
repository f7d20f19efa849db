"""A load for the tiny stack; never run by its tests."""
