"""AWS's own tools against the served embedded AWS."""
