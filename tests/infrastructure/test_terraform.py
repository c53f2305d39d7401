"""The Terraform modules and environments, as far as Terraform itself can say without an account."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "infrastructure"
MIRROR = Path(os.environ.get("TF_PLUGIN_MIRROR", "/opt/tf-plugins"))
ENVIRONMENTS = ("staging", "production")

pytestmark = pytest.mark.skipif(
    not (shutil.which("terraform") and MIRROR.is_dir()),
    reason="Terraform and a mirror of its AWS provider (TF_PLUGIN_MIRROR) are not here",
)


def _terraform(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", f"-chdir={directory}", *arguments],
        env={**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_formatted() -> None:
    """As `terraform fmt` writes it."""
    done = _terraform(ROOT, "fmt", "-check", "-recursive")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_valid(environment: str, tmp_path: Path) -> None:
    """With all modules that it uses; a name that no module has is found."""
    copy = tmp_path / "infrastructure"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".terraform*"))
    directory = copy / "environments" / environment
    made = _terraform(directory, "init", "-backend=false", "-input=false", f"-plugin-dir={MIRROR}")
    assert made.returncode == 0, made.stdout + made.stderr
    done = _terraform(directory, "validate", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr

    (directory / "broken.tf").write_text('output "broken" {\n  value = module.nobody.arn\n}\n')
    assert _terraform(directory, "validate", "-no-color").returncode == 1
