"""Stacks: from the template on disk to what is uploaded, and the system's own template."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from moto.kms.models import kms_backends

from canary.localaws import LocalAws
from canary.localaws.stack import deploy
from canary.localaws.stack.packaging import archive_of

REAL = Path(__file__).parents[2] / "template.yaml"


def test_symmetric_keys_share_one_unused_private_key(aws: LocalAws) -> None:
    """moto's key pair is made once for all symmetric keys, which never use it."""
    for _ in range(2):
        aws.client("kms").create_key()
    first, second = aws.backend(kms_backends).keys.values()
    assert first.private_key is second.private_key


def test_an_archive_is_the_same_for_the_same_content(tmp_path: Path) -> None:
    """Neither the time nor what Python leaves behind changes the bytes."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "b.py").write_text("b = 1\n")
    (tmp_path / "a.py").write_text("a = 1\n")
    first = archive_of(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"x")
    (tmp_path / "a.py").touch()
    assert archive_of(tmp_path) == first
    assert zipfile.ZipFile(BytesIO(first)).namelist() == ["a.py", "package/b.py"]


def test_the_real_template_makes_the_system(aws: LocalAws) -> None:
    """Every output has a value, and no placeholder of a machine is left open."""
    outputs = deploy(aws, REAL, "canary", {})
    declared = aws.client("cloudformation").get_template_summary(StackName="canary")
    assert declared["ResourceTypes"]
    assert all(outputs.values())
    stepfunctions = aws.client("stepfunctions")
    for name in ("ReleaseStateMachineArn", "RollbackStateMachineArn"):
        machine: Any = stepfunctions.describe_state_machine(stateMachineArn=outputs[name])
        assert "${" not in machine["definition"]
