"""For every test: pytester runs pytest inside a test, and no property test fails because the machine was busy."""

from hypothesis import settings

pytest_plugins = ["pytester"]

# Timing is for benchmarks: a deadline turns a busy machine into a failed property.
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")
