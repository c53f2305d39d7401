"""The endpoint of EventBridge."""

from canary.localaws.events.responses import LocalEventsHandler

url_bases = [r"https?://events\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/": LocalEventsHandler.dispatch}
