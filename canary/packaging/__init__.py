"""Packages on the laptop: built reproducibly, and looked through to the last byte."""


class PackagingError(Exception):
    """What stands in the way of a package; the message says what to do."""
