"""Plugins of all tests, and how Hypothesis runs here."""

from hypothesis import settings

pytest_plugins = ["pytester", "tests.lastline"]

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
