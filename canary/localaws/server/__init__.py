"""The embedded AWS for programs outside this process: one endpoint on the loopback interface."""

from canary.localaws.server.http import served

__all__ = ["served"]
