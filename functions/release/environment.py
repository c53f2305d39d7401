"""The environment variables of the handlers, read in one place."""

import os

import msgspec


class Environment(msgspec.Struct, frozen=True, rename="upper"):
    """What `template.yaml` tells a function about the stack; each has only what it uses."""

    table_name: str
    artifact_bucket: str = ""
    signing_profile: str = ""
    topic_arn: str = ""
    application: str = ""
    alarm_name_prefix: str = ""
    alarm_policy: str = "normal"
    deployment_config: str = ""
    bake_minutes: int = 10
    guard_minutes: int = 60


def read() -> Environment:
    """The current environment; msgspec.ValidationError if the template and this class disagree."""
    return msgspec.convert(dict(os.environ), Environment, strict=False)
