"""The bill of materials of what npm installed."""

import json
from pathlib import Path

from canary.packaging import bill


def test_nodes_components_are_those_that_npm_notes(tmp_path: Path) -> None:
    """Scoped and nested ones, each once, with the hash that the lock gave."""
    notes = {
        "packages": {
            "node_modules/@scope/one": {"version": "1.0.0", "license": "MIT"},
            "node_modules/two": {"version": "2.0.0", "integrity": "sha512-AAAA"},
            "node_modules/three/node_modules/two": {"version": "2.0.0", "integrity": "sha512-AAAA"},
        }
    }
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / ".package-lock.json").write_text(json.dumps(notes))
    one, two = bill.of_node(tmp_path)
    assert (one["purl"], one["name"]) == ("pkg:npm/%40scope/one@1.0.0", "@scope/one")
    assert two["hashes"] == [{"alg": "SHA-512", "content": "000000"}]
    assert bill.of_node(tmp_path / "node_modules") == []
