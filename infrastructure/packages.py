"""
The packages that the modules ship, made of the files beside them; a test compares them.

`python -m infrastructure.packages` makes them anew. They are stored, not compressed, so that every
machine makes the same bytes, and a reader sees in the archive what is in the source.
"""

import io
import zipfile
from pathlib import Path

_MODULES = Path(__file__).parent / "modules"
_EPOCH = (1980, 1, 1, 0, 0, 0)

PACKAGES = {
    _MODULES / "lambda" / "bootstrap.zip": _MODULES / "lambda" / "bootstrap",
    _MODULES / "security" / "code_signing_rule.zip": _MODULES / "security" / "code_signing_rule",
}


def package(directory: Path) -> bytes:
    """A zip of the files of a directory; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as made:
        for path in sorted(each for each in directory.iterdir() if each.is_file()):
            entry = zipfile.ZipInfo(path.name, _EPOCH)
            entry.external_attr = 0o644 << 16
            made.writestr(entry, path.read_bytes())
    return buffer.getvalue()


if __name__ == "__main__":
    for path, directory in PACKAGES.items():
        path.write_bytes(package(directory))
