"""Checkout, next version: says how many items it counted."""

PRICES = {"apple": 30, "pear": 40, "plum": 20}


def handler(event, context):
    """Return the total, in cents, and the number of items."""
    basket = event["basket"]
    return {"total": sum(PRICES[item] for item in basket), "items": len(basket)}
