"""Simulated canaries: traffic, what judges it, and how soon. The bench stands on the same."""
