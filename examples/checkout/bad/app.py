"""Checkout, a version that nobody should meet: it lost the price of plums."""

PRICES = {"apple": 30, "pear": 40}


def handler(event, context):
    """Return the total, in cents; a KeyError for a basket with plums."""
    basket = event["basket"]
    return {"total": sum(PRICES[item] for item in basket), "items": len(basket)}
