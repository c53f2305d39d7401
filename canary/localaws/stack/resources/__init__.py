"""The types of resources, a module for each service."""

from canary.localaws.stack.resources import (
    alarms,
    buckets,
    codedeploy,
    functions,
    iam,
    keys,
    logs,
    machines,
    queues,
    rules,
    signing,
    tables,
    topics,
)

__all__ = [
    "alarms",
    "buckets",
    "codedeploy",
    "functions",
    "iam",
    "keys",
    "logs",
    "machines",
    "queues",
    "rules",
    "signing",
    "tables",
    "topics",
]
