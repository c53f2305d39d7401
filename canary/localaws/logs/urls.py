"""Where CloudWatch Logs is found."""

from moto.logs.urls import url_bases

from canary.localaws.logs.responses import LogsResponse

__all__ = ["url_bases", "url_paths"]

url_paths = {"{0}/$": LogsResponse.dispatch}
