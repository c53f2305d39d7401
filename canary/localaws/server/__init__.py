"""The embedded AWS for programs outside this process: one endpoint on the loopback interface."""

from canary.localaws.server import profile
from canary.localaws.server.http import PortError, served

__all__ = ["PortError", "profile", "served"]
