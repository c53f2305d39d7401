"""Plugins of all tests."""

pytest_plugins = ["pytester", "tests.lastline"]
