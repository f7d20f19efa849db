"""pytester runs pytest inside a test: the plugin's behaviour is tested from outside."""

pytest_plugins = ["pytester"]
