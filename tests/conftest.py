"""Plugins of all tests; what machines differ in is no reason to fail."""

from hypothesis import settings

pytest_plugins = ["pytester", "tests.lastline"]

settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")
