"""
What `sam package` does: zip the code, upload it and the definitions, and put their places into the
template.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

from canary.localaws import awslambda
from canary.localaws.account import LocalAws
from canary.localaws.stack.template import Template

# The oldest date that a zip knows: the same content gives the same bytes.
_STAMP = (1980, 1, 1, 0, 0, 0)


def archive_of(directory: Path) -> bytes:
    """The directory as a zip, the same bytes for the same content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(path.relative_to(directory).as_posix(), _STAMP)
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class Packager:
    """Uploads what a template's local paths name, each once, below its directory."""

    def __init__(self, aws: LocalAws, directory: Path) -> None:
        self._s3 = aws.client("s3")
        self._bucket = f"canary-artifacts-{aws.account}-{aws.region}"
        self._directory = directory
        self._places: dict[tuple[str, Path], dict[str, str]] = {}
        if not any(b["Name"] == self._bucket for b in self._s3.list_buckets()["Buckets"]):
            self._s3.create_bucket(Bucket=self._bucket)
            self._s3.put_bucket_versioning(
                Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"}
            )

    def package(self, template: Template) -> None:
        """Put places in S3 where the template has local paths."""
        shared = template.get("Globals", {}).get("Function", {})
        self._replace(shared, "CodeUri", self._code)
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::Serverless::Function":
                self._replace(properties, "CodeUri", self._code)
            elif resource["Type"] == "AWS::Serverless::StateMachine":
                self._replace(properties, "DefinitionUri", self._definition)

    def upload_template(self, text: str) -> str:
        """Upload a template and give its URL."""
        place = self._upload(text.encode(), ".template")
        return f"https://s3.amazonaws.com/{place['Bucket']}/{place['Key']}"

    def _replace(self, properties: dict[str, Any], name: str, upload: Any) -> None:
        path = properties.get(name)
        if isinstance(path, str) and not path.startswith("s3://"):
            key = name, (self._directory / path).resolve()
            if key not in self._places:
                self._places[key] = upload(key[1])
            properties[name] = self._places[key]

    def _code(self, path: Path) -> dict[str, str]:
        if not path.is_dir():
            raise FileNotFoundError(f"CodeUri: there is no directory {path}")
        archive = archive_of(path)
        digest = base64.b64encode(hashlib.sha256(archive).digest()).decode()
        awslambda.register_source(digest, path)
        return self._upload(archive, "")

    def _definition(self, path: Path) -> dict[str, str]:
        return self._upload(path.read_bytes(), "")

    def _upload(self, content: bytes, suffix: str) -> dict[str, str]:
        """By its hash, so that what has not changed is no change of the stack."""
        key = hashlib.sha256(content).hexdigest()[:32] + suffix
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)
        return {"Bucket": self._bucket, "Key": key}
