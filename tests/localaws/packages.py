"""Functions for the tests of Lambda."""

import base64
import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from canary.localaws import LocalAws, awslambda

ECHO = "def handler(event, context):\n    return {'version': context.function_version}\n"
FAILING = "def handler(event, context):\n    raise ValueError('no luck')\n"


def zipped(code: str | dict[str, str]) -> bytes:
    """A package of one module `index`, or of these files."""
    files = {"index.py": code} if isinstance(code, str) else code
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def run_here(aws: LocalAws, archive: bytes) -> None:
    """Let a package run in this process, as the pipeline's own does: there boto3 reaches `aws`."""
    directory = Path(tempfile.mkdtemp())
    aws.at_end(lambda: shutil.rmtree(directory))
    with zipfile.ZipFile(io.BytesIO(archive)) as package:
        package.extractall(directory)
    digest = base64.b64encode(hashlib.sha256(archive).digest()).decode()
    awslambda.register_source(digest, directory)


def role(aws: LocalAws, name: str = "function-role") -> str:
    """The ARN of a role, made at first use."""
    iam = aws.client("iam")
    if name not in [each["RoleName"] for each in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    arn: str = iam.get_role(RoleName=name)["Role"]["Arn"]
    return arn


def create(aws: LocalAws, code: str | dict[str, str] = ECHO, **other: Any) -> dict[str, Any]:
    """A function `orders`, active."""
    request = {
        "FunctionName": "orders",
        "Runtime": "python3.13",
        "Role": role(aws),
        "Handler": "index.handler",
        "Code": {"ZipFile": zipped(code)},
    }
    created: dict[str, Any] = aws.client("lambda").create_function(**request | other)
    aws.clock.advance(2)
    return created


def publish(aws: LocalAws, code: str | None = None) -> str:
    """The number of the version that is published of this code, active."""
    client = aws.client("lambda")
    if code is not None:
        client.update_function_code(FunctionName="orders", ZipFile=zipped(code))
        aws.clock.advance(2)
    version: str = client.publish_version(FunctionName="orders")["Version"]
    aws.clock.advance(2)
    return version


def released(aws: LocalAws, *codes: str) -> None:
    """A function `orders` with a version of each code, and `live` pointing to the first."""
    create(aws, codes[0])
    publish(aws)
    for code in codes[1:]:
        publish(aws, code)
    aws.client("lambda").create_alias(FunctionName="orders", Name="live", FunctionVersion="1")


def split(aws: LocalAws, weights: dict[str, float], **other: Any) -> dict[str, Any]:
    """The alias `live` with these additional weights."""
    updated: dict[str, Any] = aws.client("lambda").update_alias(
        FunctionName="orders",
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": weights},
        **other,
    )
    return updated


def call(aws: LocalAws, event: object = None, **other: Any) -> tuple[Any, dict[str, Any]]:
    """The answer of `orders`, and the whole response."""
    response = aws.client("lambda").invoke(
        **{"FunctionName": "orders", "Payload": json.dumps(event or {}).encode()} | other
    )
    return json.loads(response["Payload"].read()), response


def log_tail(response: dict[str, Any]) -> str:
    """The log that came with a response."""
    return base64.b64decode(response["LogResult"]).decode()


def total(aws: LocalAws, name: str, **dimensions: str) -> float:
    """The sum of one of Lambda's metrics since the beginning."""
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime="2026-01-01T00:00:00Z",
        EndTime="2026-02-01T00:00:00Z",
        Period=86400,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def log_lines(aws: LocalAws, group: str = "/aws/lambda/orders") -> list[str]:
    """Everything in a log group."""
    events = aws.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]
