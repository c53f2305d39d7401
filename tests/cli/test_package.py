"""`canary package`: what it shows, and what it exits with."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from canary.localaws.awslambda import interpreters
from canary.localaws.sandbox import archive
from tests.cli.conftest import Terminal, run

GOOD = "def handler(event, context): ...\n"
KEY_ID = "AKIA" + "Q3EGRT5XWIKZ2UVN"


def test_a_folder_is_built_and_looked_through(elsewhere: Path) -> None:
    """Exit 0; what was left out is said; JSON has all of it."""
    (elsewhere / "src").mkdir()
    (elsewhere / "src" / "app.py").write_text(GOOD)
    (elsewhere / "src" / ".env").write_text("A=1")
    result = run("package", "build", "src")
    assert result.exit_code == 0, result.output
    assert "packing 1 files" in result.stdout
    assert "Left out, since it may hold a secret: .env" in result.stdout
    assert "Wrote src.zip: 1 files" in result.stdout
    found = json.loads(run("package", "build", "src", "--json").stdout)
    assert found["leftOut"] == [".env"]
    checked = run("package", "validate", "-f", "src.zip", "-m", "full", "--json")
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["sha256"] == found["sha256"]


def test_what_cannot_be_built_is_the_users_to_set_right(elsewhere: Path) -> None:
    """Exit 1 and a sentence, never a traceback."""
    (elsewhere / "src").mkdir()
    for arguments, words in (
        (["src"], "has no file to package"),
        (["src", "--output", "no/where.zip"], "There is no folder"),
        (["src", "--runtime", "cobol"], "neither like python3.13 nor like nodejs22.x"),
        (["missing"], "does not exist"),
    ):
        result = run("package", "build", *arguments)
        assert result.exit_code == 1
        assert words in result.stderr


def test_every_problem_of_a_package_is_told(elsewhere: Path) -> None:
    """Exit 1; a secret by file and line, and its value nowhere; the directory's rules first."""
    secret = f"first\nKEY = '{KEY_ID}'\n"
    (elsewhere / "bad.zip").write_bytes(archive({"app.py": secret, ".aws/credentials": "x"}))
    assert run("package", "validate", "-f", "bad.zip").exit_code == 0
    result = run("package", "validate", "-f", "bad.zip", "-m", "full")
    assert result.exit_code == 1
    assert "problem: bad.zip: app.py, line 2: an AWS access key id." in result.stdout
    assert ".aws/credentials is a file that holds credentials" in result.stdout
    assert KEY_ID not in result.output
    (elsewhere / "up.zip").write_bytes(archive({"../app.py": secret, "/x": "", "x": ""}))
    result = run("package", "validate", "-f", "up.zip", "-m", "full", "--handler", "app.handler")
    assert "no plain relative paths ('../app.py', '/x')" in result.stdout
    assert "no module for the handler 'app.handler'" in result.stdout
    assert "line 2" not in result.stdout
    (elsewhere / "none.zip").write_bytes(b"no zip")
    found = json.loads(run("package", "validate", "-f", "none.zip", "--json").stdout)
    assert found["exitCode"] == 1
    assert found["problems"][0].startswith("is not a zip archive")


@pytest.mark.skipif(not interpreters.exact("python3.13"), reason="Python 3.13 is not installed")
def test_the_handler_is_really_imported(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the runtime's interpreter, with its SDK, and without the user's credentials."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    code = (
        "import boto3, os\nassert os.environ['TABLE'] and not os.getenv('AWS_SECRET_ACCESS_KEY')\n"
    )
    (elsewhere / "a.zip").write_bytes(archive({"app.py": code + GOOD}))
    check = ("package", "validate", "-f", "a.zip", "-m", "full", "--handler")
    result = run(*check, "app.handler")
    assert result.exit_code == 1
    assert "cannot be imported: KeyError: 'TABLE'" in result.stdout
    assert "--variable NAME=VALUE" in result.stdout
    result = run(*check, "app.handler", "--variable", "TABLE=orders")
    assert (result.exit_code, "imported by python3.13" in result.stdout) == (0, True)
    result = run(*check, "app.other", "--variable", "TABLE=orders")
    assert "has no attribute 'other'" in result.stdout
    assert run(*check, "app.handler", "--variable", "TABLE").exit_code == 1


def node() -> str | None:
    """A runtime of Node that is installed here."""
    found = (
        f"nodejs{major}.x" for major in (18, 20, 22, 24) if interpreters.exact(f"nodejs{major}.x")
    )
    return next(found, None)


@pytest.mark.skipif(node() is None, reason="Node.js is not installed here")
def test_a_handler_of_node_is_imported(elsewhere: Path) -> None:
    """CommonJS and modules; what is not exported is told."""
    (elsewhere / "n.zip").write_bytes(
        archive(
            {"src/a.mjs": "export const handler = () => 1", "b.js": "exports.handler = () => 1"}
        )
    )
    check = ("package", "validate", "-f", "n.zip", "-m", "full", "--runtime", str(node()))
    for handler in ("src/a.handler", "b.handler"):
        result = run(*check, "--handler", handler)
        assert result.exit_code == 0, result.output
    result = run(*check, "--handler", "b.other")
    assert "b.other is not exported, or no function" in result.stdout


def test_a_runtime_that_is_not_here_is_said(elsewhere: Path) -> None:
    """Nothing is claimed of what was not tried."""
    (elsewhere / "a.zip").write_bytes(archive({"app.py": GOOD}))
    result = run(
        *("package", "validate", "-f", "a.zip", "-m", "full"),
        *("--runtime", "python3.99", "--handler", "app.handler"),
    )
    assert result.exit_code == 0
    assert "handler not imported: python3.99 is not installed here" in result.stdout


def test_a_package_is_signed_by_hand(terminal: Terminal) -> None:
    """As a release does it: exit 0, the signed object by version, and its bytes where wanted."""
    package = terminal.package()
    found = terminal.json("package", "sign", package, "--output", "signed.zip")
    client = terminal.story.aws.client("s3")
    signed = client.get_object(
        Bucket=found["bucket"], Key=found["key"], VersionId=found["version"]
    )["Body"].read()
    assert Path("signed.zip").read_bytes() == signed
    assert found["key"].startswith("signed/by-hand/")
    with zipfile.ZipFile("signed.zip") as archive:
        assert any(name.startswith("META-INF/") for name in archive.namelist())
    again = terminal.json("package", "sign", "signed.zip", code=3)
    assert (again["status"], again["exitCode"]) == ("Failed", 3)
    Path("wrong.zip").write_bytes(archive_of_link())
    refused = terminal.type("package", "sign", "wrong.zip")
    assert refused.exit_code == 1
    assert "symbolic links" in refused.stderr
    jobs = terminal.story.aws.client("signer").list_signing_jobs()["jobs"]
    assert len([job for job in jobs if "by-hand" in str(job) or job["status"] == "Failed"]) == 2


def archive_of_link() -> bytes:
    """A zip with a symbolic link in it."""
    path = Path("link.zip")
    with zipfile.ZipFile(path, "w") as made:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    return path.read_bytes()
