"""Packages on the laptop: built the same from the same input, and looked through to the last byte."""


class PackagingError(Exception):
    """What stands in the way of a package; the message says what to do."""
