"""
The findings gate over 100 MB of SARIF: how long it reads, and how much memory the process needs.

`python -m bench.findings`; the deployed function has 512 MB.
"""

from __future__ import annotations

import json
import resource
import time

from release import asff, correlation, findings, reports

_LIMIT_MB = 512


def sarif(size: int) -> bytearray:
    """A report of about so many bytes, of results with snippets and flows as CodeQL has them."""
    head = {"driver": {"name": "Bench", "rules": [{"id": "py/sql", "properties": _RULE}]}}
    content = bytearray(f'{{"version": "2.1.0", "runs": [{{"tool": {json.dumps(head)}, '.encode())
    content += b'"results": ['
    number = 0
    while len(content) < size - 1000:
        content += json.dumps(_result(number)).encode() + b","
        number += 1
    content[-1:] = b"]}]}"
    return content


_RULE = {"tags": ["security", "external/cwe/cwe-089"], "security-severity": "8.8"}


def _result(number: int) -> dict[str, object]:
    place = {
        "physicalLocation": {
            "artifactLocation": {"uri": f"src/module{number % 500}.py", "index": number % 500},
            "region": {"startLine": number, "startColumn": 5, "endColumn": 40},
        }
    }
    return {
        "ruleId": "py/sql",
        "ruleIndex": 0,
        "message": {"text": f"This SQL query depends on a user-provided value ({number})."},
        "locations": [place],
        "partialFingerprints": {"primaryLocationLineHash": f"{number:x}:1"},
        "codeFlows": [{"threadFlows": [{"locations": [{"location": place}] * 2}]}],
    }


def main() -> None:
    """Print what was measured."""
    content = sarif(100_000_000)
    started = time.perf_counter()
    found = reports.parse("sarif", content).findings
    read = time.perf_counter() - started
    problems = correlation.problems(found)
    owner = asff.Owner("aws", "us-east-1", "123456789012", "checkout", "live", "bench")
    ids = {asff.identity(owner, each) for problem in problems for each in problem}
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"findings: {len(content) / 1e6:.0f} MB of SARIF, {len(ids):,} findings, "
        f"of which {findings.MOST_IMPORTED:,} would be imported: "
        f"read in {read:.1f} s, judged in {seconds:.1f} s; "
        f"peak memory {peak:.0f} MB of {_LIMIT_MB}{'' if peak < _LIMIT_MB else ': TOO MUCH'}"
    )


if __name__ == "__main__":
    main()
