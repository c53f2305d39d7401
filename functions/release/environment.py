"""The environment variables of the handlers, read in one place."""

import os
from typing import Literal

import msgspec

from release.severity import Severity


class Environment(msgspec.Struct, frozen=True, rename="upper"):
    """What `template.yaml` tells a function about the stack; each has only what it uses."""

    table_name: str
    artifact_bucket: str = ""
    signing_profile: str = ""
    topic_arn: str = ""
    rollback_state_machine_arn: str = ""
    application: str = ""
    alarm_name_prefix: str = ""
    alarm_policy: Literal["normal", "strict"] = "normal"
    deployment_config: str = ""
    bake_minutes: int = 10
    guard_minutes: int = 60
    on_inconclusive: Literal["promote", "roll_back"] = "promote"
    evidence_threshold: float = 20
    minimum_calls: int = 50
    max_error_rate: float = 0.05
    allow_fix_forward: bool = False
    require_findings: Severity | Literal["none"] = "none"


def read() -> Environment:
    """The current environment; msgspec.ValidationError if the template and this class disagree."""
    return msgspec.convert(dict(os.environ), Environment, strict=False)
