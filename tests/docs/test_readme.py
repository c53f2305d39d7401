"""README and docs cannot lie: picture, request, links and targets are checked."""

import json
import re
from pathlib import Path

from docs.diagram import with_picture
from release import request

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
REQUEST = (ROOT / "docs" / "request.md").read_text()


def test_the_picture_is_that_of_the_machine() -> None:
    """`python docs/diagram.py` draws it anew."""
    assert with_picture(README) == README
    assert "EvaluateCanary --> RollBack" in README


def test_the_request_is_one_that_is_taken() -> None:
    """What a reader copies is valid."""
    (example,) = re.findall(r"```json\n(.*?)```", REQUEST, re.S)
    assert request.parse(json.loads(example)).policy.bake_minutes == 10


def test_every_link_leads_somewhere() -> None:
    """Links inside the repository."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    links = [
        page.parent / target
        for page in pages
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text())
    ]
    assert len(links) > 10
    assert [each for each in links if not each.exists()] == []


def test_every_make_target_exists() -> None:
    """What the README tells to type is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    told = set(re.findall(r"make ([a-z-]+)`", README))
    assert {"demo", "test", "check"} <= told
    assert [each for each in told if not re.search(rf"^{each}:", makefile, re.M)] == []
