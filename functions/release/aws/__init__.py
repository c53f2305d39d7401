"""The only place that talks to AWS: a module per service, a function per call."""
