"""The last line of a test run."""

import pytest

_SKIPS = """
import pytest

@pytest.mark.skip(reason="python3.13 is not installed")
@pytest.mark.parametrize("n", [1, 2])
def test_that_is_marked(n): ...

def test_that_finds_out(): pytest.skip("no Terraform provider: none found")

def test_that_runs(): ...
"""


def _run(pytester: pytest.Pytester, source: str, *options: str) -> list[str]:
    pytester.makepyfile(source)
    ran = pytester.runpytest_subprocess("-q", "-p", "tests.lastline", *options)
    return [line for line in ran.outlines if line]


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_it_counts_what_was_skipped_and_why(
    pytester: pytest.Pytester, options: tuple[str, ...]
) -> None:
    """Nobody takes a skipped test for a passed one, with or without workers."""
    assert _run(pytester, _SKIPS, *options)[-1] == (
        "skipped: 3 (no Terraform provider: none found: 1; python3.13 is not installed: 2)"
    )


def test_a_module_that_skips_itself_is_counted(pytester: pytest.Pytester) -> None:
    """A whole file that is left out shows too."""
    source = "import pytest\npytest.skip('no uv', allow_module_level=True)"
    assert _run(pytester, source)[-1] == "skipped: 1 (no uv: 1)"


def test_nothing_skipped_is_said_too(pytester: pytest.Pytester) -> None:
    """The line is always there, below pytest's own last line and the seed of the order."""
    *_, summary, seed, last = _run(pytester, "def test(): ...", "--randomly-seed=7")
    assert summary.startswith("1 passed")
    assert seed.startswith("seed: 7 ")
    assert last == "skipped: 0"
