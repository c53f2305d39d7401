"""What the test stack's functions run."""

import os


def handler(event: dict[str, object], context: object) -> dict[str, object]:
    """Give back what came in, and where it ran."""
    return {"event": event, "table": os.environ["TABLE_NAME"], "file": __file__}
