"""The bill of materials of a package, in CycloneDX JSON: the same input gives the same bytes."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

_VERSION = "1.6"
_HASHES = {"sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def of_python(installed: Path) -> list[dict[str, Any]]:
    """The components that pip installed there, by name."""
    found = (
        _component(
            "pypi",
            re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower(),
            each.version,
            each.metadata.json.get("license_expression"),
        )
        for each in distributions(path=[str(installed)])
    )
    return _ordered(found)


def of_node(installed: Path) -> list[dict[str, Any]]:
    """The components that npm installed there, by what it notes of them."""
    notes = installed / "node_modules" / ".package-lock.json"
    if not notes.is_file():
        return []
    packages: dict[str, dict[str, Any]] = json.loads(notes.read_text())["packages"]
    found = (
        _component(
            "npm",
            each.get("name") or place.rpartition("node_modules/")[2],
            str(each.get("version", "")),
            each.get("license"),
        )
        | _hashes(each.get("integrity", ""))
        for place, each in packages.items()
        if place
    )
    return _ordered(found)


def document(name: str, digest: str, components: list[dict[str, Any]]) -> str:
    """The whole bill, of a package with this SHA-256."""
    whole: Mapping[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": _VERSION,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": name,
                "name": name,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
        },
        "components": components,
        "dependencies": [
            {"ref": name, "dependsOn": [each["bom-ref"] for each in components]},
        ],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _component(kind: str, name: str, version: str, licence: object) -> dict[str, Any]:
    where = f"pkg:{kind}/{quote(name, safe='/')}@{quote(version, safe='')}"
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": where,
        "name": name,
        "version": version,
        "purl": where,
    }
    if isinstance(licence, str) and licence:
        made["licenses"] = [{"expression": licence}]
    return made


def _hashes(integrity: str) -> dict[str, Any]:
    """npm's `sha512-…`, in base64, as CycloneDX writes it."""
    pairs = [part.partition("-") for part in integrity.split()]
    hashes = [
        {"alg": _HASHES[name], "content": base64.b64decode(value).hex()}
        for name, _, value in pairs
        if name in _HASHES
    ]
    return {"hashes": hashes} if hashes else {}


def _ordered(found: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each once, by its reference."""
    return [each for _, each in sorted({each["bom-ref"]: each for each in found}.items())]
