"""The README cannot lie: its picture, its request and its links are checked."""

import json
import re
from pathlib import Path

from docs.diagram import with_picture
from release import request

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_picture_is_that_of_the_machine() -> None:
    """`python docs/diagram.py` draws it anew."""
    assert with_picture(README) == README
    assert "EvaluateCanary --> RollBack" in README


def test_the_request_is_one_that_is_taken() -> None:
    """What a reader copies is valid."""
    (example,) = re.findall(r"```json\n(.*?)```", README, re.S)
    assert request.parse(json.loads(example)).policy.bake_minutes == 10


def test_every_link_leads_somewhere() -> None:
    """Links inside the repository."""
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert targets
    assert [each for each in targets if not (ROOT / each).exists()] == []


def test_every_make_target_exists() -> None:
    """What the README tells to type is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    told = set(re.findall(r"make ([a-z-]+)`", README))
    assert {"demo", "test", "check"} <= told
    assert [each for each in told if not re.search(rf"^{each}:", makefile, re.M)] == []
