"""
`make scanners`: the recorded reports anew, by the real tools over the samples.

Nothing leaves the machine: what pip-audit and npm ask is answered here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"
_LAYOUT = {"workflow.yml.txt": ".github/workflows/ci.yml"}
# What nothing here reads, and what differs from machine to machine.
_LEFT_OUT = {
    "code_block",
    "contextRegion",
    "endTimeUtc",
    "evaluated_keys",
    "file_abs_path",
    "fixed_definition",
    "headers",
    "help",
    "relatedLocations",
    "codeFlows",
}
_JINJA = {
    "id": "PYSEC-2014-8",
    "aliases": ["CVE-2014-1402", "GHSA-8r7q-cvjq-x353"],
    "details": "The default configuration for bccache uses a shared temporary directory.",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.7.2"}]}],
            "versions": ["2.4.1"],
        }
    ],
}
_MINIMIST = {
    "id": 1097677,
    "url": "https://github.com/advisories/GHSA-xvch-5gv4-984h",
    "title": "Prototype Pollution in minimist",
    "severity": "critical",
    "vulnerable_versions": "<0.2.4",
    "cwe": ["CWE-1321"],
    "cvss": {"score": 9.8, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
}


class _Registry(BaseHTTPRequestHandler):
    """OSV for pip-audit, and npm's advisories; below /down everything fails."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/down"):
            self._answer(503, {"error": "the registry is down"})
        elif self.path.endswith("/advisories/bulk"):
            self._answer(200, {"minimist": [_MINIMIST]})
        else:
            self._answer(200, {"vulns": [_JINJA]} if b"jinja2" in asked else {})

    def do_GET(self) -> None:
        self._answer(404, {"error": "not found"})

    def _answer(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Be quiet."""


@contextmanager
def _registry() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def commands(registry: str) -> dict[str, list[str]]:
    """What writes each report to its standard output."""
    checkov = ["checkov", "--framework", "cloudformation", "--skip-download", "--quiet"]
    pip_audit = ["pip-audit", "--strict", "--no-deps", "--disable-pip", "--progress-spinner=off"]
    npm = ["npm", "audit", "--json", "--package-lock-only", "--fetch-retries=0", "--registry"]
    return {
        "bandit.sarif": ["bandit", "--quiet", "--format=sarif", "app.py"],
        "semgrep.sarif": [
            *("semgrep", "scan", "--quiet", "--metrics=off", "--disable-version-check"),
            *("--config=rules.yaml", "--sarif", "app.py"),
        ],
        "zizmor.sarif": ["zizmor", "--offline", "--quiet", "--format=sarif", ".github"],
        "checkov.json": [*checkov, "--file=template.yaml", "--output=json"],
        "checkov.sarif": [
            *(*checkov, "--file=template.yaml", "--output=sarif", "--output-file-path=."),
        ],
        "checkov-broken.json": [*checkov, "--file=broken.yaml", "--output=json"],
        "pip-audit.json": [
            *(*pip_audit, "--requirement=requirements.txt", "--format=json"),
            *("--vulnerability-service=osv", f"--osv-url={registry}/v1/query"),
        ],
        "npm-audit.json": [*npm, registry],
        "npm-audit-down.json": [*npm, f"{registry}/down"],
    }


def trimmed(value: Any) -> Any:
    """Without what nothing here reads; long texts are cut."""
    if isinstance(value, dict):
        return {name: trimmed(each) for name, each in value.items() if name not in _LEFT_OUT}
    if isinstance(value, list):
        return [trimmed(each) for each in value]
    return value[:300] if isinstance(value, str) else value


def _record(name: str, command: list[str], directory: Path, registry: str) -> None:
    """Scanners exit 1 when they find something: what counts is that they wrote a report."""
    answer = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    text = answer.stdout
    if name == "checkov.sarif":  # it writes a file, and a summary for people
        text = (directory / "results_sarif.sarif").read_text()
    try:
        report = json.dumps(trimmed(json.loads(text)), indent=1, ensure_ascii=False) + "\n"
    except ValueError:
        sys.exit(f"{name}: {' '.join(command)} wrote no JSON:\n{text}\n{answer.stderr}")
    report = report.replace(registry, "http://registry")
    for path in (str(directory), str(Path.home()), str(HERE)):
        if path in report:
            sys.exit(f"{name} names the path {path} of this machine")
    (RECORDED / name).write_text(report)
    print(f"{name}: {len(report):,} characters")  # noqa: T201


def main() -> None:
    """Record all reports."""
    tools = str(Path(sys.argv[1]).resolve())
    os.environ["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
    with TemporaryDirectory() as name, _registry() as registry:
        directory = Path(name)
        for sample in (HERE / "samples").iterdir():
            target = directory / _LAYOUT.get(
                sample.name, sample.name if sample.stem == "requirements" else sample.stem
            )
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(sample, target)
        for report, command in commands(registry).items():
            _record(report, command, directory, registry)


if __name__ == "__main__":
    main()
