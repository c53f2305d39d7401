"""What a decision costs: CPU, imports, lines."""

from __future__ import annotations

import ast
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.verdict import cells
from release import evalues, statistics
from release.statistics import Counts, Minute

if TYPE_CHECKING:
    from bench.verdict.goals import Finding
    from bench.verdict.running import Results

_MODULES = (evalues, statistics)
_DECISIONS = 20
_MINUTES = [
    Minute(60 * number, Counts(600, 2, 600, 61, 7, 9), Counts(5400, 5, 5400, 540, 54, 80), 1)
    for number in range(60)
]


def read(_: Results) -> Finding:
    """Goal G11: 60 minutes of errors, p90, p99, objective and throttles."""
    from bench.verdict.goals import Finding

    milliseconds, lines, foreign = _cpu() * 1000, sum(map(_lines, _MODULES)), _foreign()
    why = []
    if milliseconds > 5:
        why.append("CPU")
    if foreign:
        why.append(f"imports {', '.join(foreign)}")
    if lines > 150:
        why.append(
            f"{lines} lines of code: the comparison itself is evalues.py "
            f"({_lines(evalues)}); counts, metrics, limits and throttles are in statistics.py"
        )
    return Finding(
        f"{milliseconds:.1f} ms, imports beyond the standard library: {len(foreign)}, "
        f"{lines} lines of code",
        not why,
        "; ".join(why),
    )


def _cpu() -> float:
    """Seconds of one decision: the quickest of some."""
    seconds = []
    for _ in range(_DECISIONS):
        begin = time.process_time()
        statistics.speaks_against(cells.JOINT, statistics.weigh(cells.JOINT, _MINUTES))
        seconds.append(time.process_time() - begin)
    return min(seconds)


def _tree(module: object) -> ast.Module:
    return ast.parse(Path(str(getattr(module, "__file__", ""))).read_text())


def _foreign() -> list[str]:
    """Modules that are neither of the standard library nor among those that are measured."""
    known = sys.stdlib_module_names | {"release"}
    names = {
        name.partition(".")[0]
        for module in _MODULES
        for node in ast.walk(_tree(module))
        for name in _imported(node)
    }
    return sorted(names - known)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def _lines(module: object) -> int:
    """Lines of code: without blank ones, comments and docstrings."""
    return len(ast.unparse(_undocumented(_tree(module))).split("\n"))


def _undocumented(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [each for each in node.body if not _is_text(each)] or [ast.Pass()]
    return tree


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
