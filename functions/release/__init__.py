"""What the handlers share: the decisions of a release, and the few calls that carry them out."""
