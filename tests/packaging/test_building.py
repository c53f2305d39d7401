"""A package from a folder: reproducible, without what does not belong in it."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from canary.localaws.awslambda import interpreters
from canary.packaging import PackagingError, building, dependencies, validation
from canary.packaging.building import Built
from canary.packaging.validation import Question

APP = "import greeting\ndef handler(event, context): return greeting.HELLO\n"
WHEEL = "greeting-1.2.0-py3-none-any.whl"
NODE: dict[str, Any] = {
    "package.json": {"name": "web", "version": "1.0.0"},
    "package-lock.json": {
        "name": "web",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": {"name": "web", "version": "1.0.0"}},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Code that stands alone, and some things beside it."""
    made = tmp_path / "orders"
    (made / "lib").mkdir(parents=True)
    (made / "app.py").write_text(APP)
    (made / "lib" / "ümlaut.txt").write_text("data")
    (made / "run.sh").write_text("#!/bin/sh\n")
    (made / "run.sh").chmod(0o700)
    (made / "__pycache__").mkdir()
    (made / "__pycache__" / "app.cpython-313.pyc").write_text("old")
    return made


def build(folder: Path, runtime: str = "python3.13", output: str = "orders.zip") -> Built:
    """The package beside the folder."""
    return building.build(folder, folder.parent / output, runtime, "x86_64")


def names(built: Built) -> list[str]:
    """What is in the package, as it comes."""
    with zipfile.ZipFile(built.package) as archive:
        return archive.namelist()


def wheel(directory: Path) -> str:
    """A wheel in the directory, which pip alone is told of; its hash."""
    directory.mkdir()
    info = "greeting-1.2.0.dist-info"
    files = {
        "greeting.py": "HELLO = 'hello'\n",
        f"{info}/METADATA": "Metadata-Version: 2.4\nName: Greeting\nVersion: 1.2.0\n"
        "License-Expression: MIT\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\ngreet = greeting:main\n",
    }
    record = "".join(
        f"{name},sha256={_urlsafe(content)},{len(content)}\n" for name, content in files.items()
    )
    with zipfile.ZipFile(directory / WHEEL, "w") as archive:
        for name, content in (files | {f"{info}/RECORD": record}).items():
            archive.writestr(name, content)
    return hashlib.sha256((directory / WHEEL).read_bytes()).hexdigest()


def _urlsafe(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_the_same_input_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """Whenever, wherever and by whomever it was written; modes are those of the code alone."""
    first = build(folder)
    copy = tmp_path / "elsewhere" / "orders"
    shutil.copytree(folder, copy)
    for path in copy.rglob("*"):
        os.utime(path, (1_000_000, 1_000_000))
    (copy / "app.py").chmod(0o664)
    (copy / "lib").rename(copy / "tmp")
    (copy / "tmp").rename(copy / "lib")
    second = build(copy)
    assert first.package.read_bytes() == second.package.read_bytes()
    assert first.bill.read_bytes() == second.bill.read_bytes()
    assert names(first) == ["app.py", "lib/ümlaut.txt", "run.sh"]
    with zipfile.ZipFile(first.package) as archive:
        modes = [entry.external_attr >> 16 & 0o777 for entry in archive.infolist()]
    assert modes == [0o644, 0o644, 0o755]


def test_secrets_stay_out_and_are_named(folder: Path) -> None:
    """Also below; the package itself is not packed again."""
    for name in (".env", "key.pem", "lib/.env.local", ".aws/credentials", ".git/config"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("secret")
    built = building.build(folder, folder / "orders.zip", "python3.13", "x86_64")
    again = building.build(folder, folder / "orders.zip", "python3.13", "x86_64")
    assert set(built.left_out) == {".env", "key.pem", "lib/.env.local", ".aws/credentials"}
    assert set(names(again)) - {"orders.cdx.json"} == {"app.py", "lib/ümlaut.txt", "run.sh"}


def test_links_stay_within_the_folder(folder: Path, tmp_path: Path) -> None:
    """One to a file in it becomes that file; any other is refused, and nothing is written."""
    (folder / "same.py").symlink_to("app.py")
    with zipfile.ZipFile(build(folder).package) as archive:
        assert archive.read("same.py") == APP.encode()
    (tmp_path / "outside.txt").write_text("not yours")
    for target, words in (
        ("../outside.txt", "leaves the folder"),
        ("/etc/passwd", "leaves the folder"),
        ("lib", "a link to a folder"),
        ("missing", "a link to nothing"),
    ):
        (folder / "link").symlink_to(target)
        with pytest.raises(PackagingError, match=words):
            build(folder, output="refused.zip")
        (folder / "link").unlink()
    assert not list(tmp_path.glob("refused*"))
    assert not list(tmp_path.glob(".canary-package-*"))


def test_a_pipe_is_refused_and_so_is_nothing(folder: Path, tmp_path: Path) -> None:
    """Neither can be packed."""
    os.mkfifo(folder / "pipe")
    with pytest.raises(PackagingError, match="no regular file"):
        build(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackagingError, match="has no file to package"):
        build(tmp_path / "empty")


def test_what_lambda_would_not_take_is_not_built(folder: Path) -> None:
    """By the rules that a release holds it to; what was there before stays."""
    before = build(folder).package.read_bytes()
    with (folder / "huge").open("wb") as sparse:
        sparse.truncate(251 * 1024 * 1024)
    with pytest.raises(PackagingError, match=r"unzips to .* Nothing was written"):
        build(folder)
    assert (folder.parent / "orders.zip").read_bytes() == before


def test_wheels_of_python_come_with_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that the hash names, without scripts and what tells of this machine; the bill names."""
    digest = wheel(tmp_path / "wheels")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    (folder / "requirements.txt").write_text(f"greeting==1.2.0 --hash=sha256:{digest}\n")
    built = build(folder)
    packed = names(built)
    assert {"greeting.py", "greeting-1.2.0.dist-info/METADATA"} < set(packed)
    assert not [name for name in packed if name.startswith("bin/") or name.endswith("/INSTALLER")]
    with zipfile.ZipFile(built.package) as archive:
        record = archive.read("greeting-1.2.0.dist-info/RECORD").decode()
    assert {row[0] for row in csv.reader(record.splitlines())} < set(packed)
    bill = json.loads(built.bill.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["hashes"][0]["content"] == built.sha256
    (component,) = bill["components"]
    assert component["purl"] == "pkg:pypi/greeting@1.2.0"
    assert component["licenses"] == [{"expression": "MIT"}]
    assert str(tmp_path).encode() not in built.package.read_bytes() + built.bill.read_bytes()
    report = validation.full(built.package, Question("python3.13", "x86_64", "app.handler"))
    exact = interpreters.exact("python3.13") is not None
    assert (report.problems, report.notes) == (
        (),
        (f"handler {'imported by python3.13' if exact else NOT_HERE}",),
    )
    (folder / "requirements.txt").write_text(f"greeting==1.2.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(PackagingError, match="HASH"):
        build(folder)


NOT_HERE = "not imported: python3.13 is not installed here"


def test_pip_is_asked_for_lambdas_platform() -> None:
    """Amazon Linux 2023 has a newer glibc than Amazon Linux 2; Arm is called otherwise."""
    newer = list(dependencies._platforms("3.13", "arm64"))
    older = list(dependencies._platforms("3.11", "x86_64"))
    assert (newer[0], newer[-1]) == ("manylinux_2_34_aarch64", "manylinux2014_aarch64")
    assert older[0] == "manylinux_2_26_x86_64"


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed here")
def test_modules_of_node_are_those_of_the_lock(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """npm installs in a copy; without a lock, or with one that disagrees, nothing is built."""
    monkeypatch.setenv("npm_config_offline", "true")
    (folder / "package.json").write_text(json.dumps(NODE["package.json"]))
    with pytest.raises(PackagingError, match=r"has no package-lock\.json"):
        build(folder, "nodejs20.x")
    (folder / "package-lock.json").write_text(json.dumps(NODE["package-lock.json"]))
    built = build(folder, "nodejs20.x")
    assert "package.json" in names(built)
    assert not (folder / "node_modules").exists()
    assert json.loads(built.bill.read_text())["components"] == []
    (folder / "package.json").write_text(
        json.dumps(NODE["package.json"] | {"dependencies": {"left-pad": "1.3.0"}})
    )
    with pytest.raises(PackagingError, match="could not be installed"):
        build(folder, "nodejs20.x")
