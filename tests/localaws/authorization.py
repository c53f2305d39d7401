"""
Which types of resource each action acts on: AWS's own service authorization data, as cfn-lint ships
it, of the services that the embedded AWS checks.
"""

from __future__ import annotations

import json
from pathlib import Path

import cfnlint

from canary.localaws.iam.authorization import DATA

SERVICES = (
    "cloudformation",
    "cloudwatch",
    "codedeploy",
    "dynamodb",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "s3",
    "securityhub",
    "signer",
    "sns",
    "sqs",
    "states",
    "sts",
)


def extract() -> str:
    """The data as a file: one line per action."""
    source = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
    known = json.loads(source.read_text())
    lines = [
        f"{json.dumps(f'{service}:{action}')}: {json.dumps(about.get('Resources', []))}"
        for service in SERVICES
        for action, about in sorted(known[service]["Actions"].items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    DATA.write_text(extract())
