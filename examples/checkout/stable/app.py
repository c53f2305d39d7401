"""Checkout, as it serves today: adds up a basket."""

PRICES = {"apple": 30, "pear": 40, "plum": 20}


def handler(event, context):
    """Return the total, in cents."""
    return {"total": sum(PRICES[item] for item in event["basket"])}
