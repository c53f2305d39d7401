"""A zip's content is held to what its directory says."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.packaging import inflating, validation
from canary.packaging.validation import Question
from release import archives

CONTENT = b"".join(b"line %d of the file\n" % number for number in range(20_000))
QUESTION = Question("python3.13", "x86_64")


def zipped(content: bytes = CONTENT, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of one file `app.py`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), content, compress_type=method)
    return buffer.getvalue()


def directory_with(package: bytes, place: int, number: int) -> bytes:
    """The zip with another number in its directory's first entry."""
    at = package.index(b"PK\x01\x02") + place
    return package[:at] + struct.pack("<L", number) + package[at + 4 :]


def read(package: bytes) -> bytes:
    """The content of its first file."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return b"".join(inflating.contents(io.BytesIO(package), archive.infolist()[0]))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("content", [b"", b"a", CONTENT, bytes(3_000_000)])
def test_what_was_zipped_comes_out(content: bytes, method: int) -> None:
    """Whole, in blocks of a bounded size, however well it was compressed."""
    package = zipped(content, method)
    assert read(package) == content
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        blocks = inflating.contents(io.BytesIO(package), archive.infolist()[0])
        assert max(map(len, blocks), default=0) <= 128 * 1024


def test_a_file_that_unzips_to_more_than_declared_is_found() -> None:
    """zipfile stops at the declared size, and the checksum of that part is easily forged."""
    package = directory_with(zipped(), 24, 100)
    package = directory_with(package, 16, zlib.crc32(CONTENT[:100]))
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.read("app.py") == CONTENT[:100]
    with pytest.raises(zipfile.BadZipFile, match="than the directory says"):
        read(package)
    at = package.index(b"PK\x03\x04") + 6
    unsaid = package[:at] + b"\x08" + package[at + 1 :]  # the local header says no sizes
    with pytest.raises(zipfile.BadZipFile, match="more than the 100 bytes it declares"):
        read(unsaid)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p: directory_with(p, 16, 1), "checksum"),
        (lambda p: p.replace(b"PK\x03\x04", b"PK\x03\x05"), "is not where the directory says"),
        (lambda p: p.replace(b"app.py", b"ape.py", 1), "another file than the directory says"),
        (lambda p: directory_with(p, 20, 9).replace(b"PK\x03\x04", b"PK\x03\x04"), "sizes"),
    ],
    ids=["checksum", "header", "name", "size"],
)
def test_what_differs_from_the_directory_is_found(damage: object, words: str) -> None:
    """Who reads the file in a stream would see something else than who reads the directory."""
    with pytest.raises(zipfile.BadZipFile, match=words):
        read(damage(zipped()))  # type: ignore[operator]


SMALL = zipped(CONTENT[:2000])


@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=4
    )
)
def test_any_bytes_can_be_looked_through(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    """Whatever is changed in a zip: it is told as a problem, or the content is what it says."""
    package = bytearray(SMALL)
    for place, byte in changes:
        package[place] = byte
    path = tmp_path_factory.getbasetemp() / "fuzz.zip"
    path.write_bytes(package)
    report = validation.full(path, QUESTION)
    assert report.problems or report.unzipped == 2000


def test_a_name_that_no_file_system_takes_is_told(tmp_path: Path) -> None:
    """A problem of the package, no traceback."""
    package = tmp_path / "long.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "")
        archive.writestr("x" * 300, "")
    question = Question("python3.13", "x86_64", "app.handler")
    (problem,) = validation.full(package, question).problems
    assert problem.endswith("cannot be unzipped here: File name too long.")


def test_a_bomb_is_not_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the directory declares is too much already: not a byte of it is read."""
    monkeypatch.setattr(inflating, "contents", None)
    bomb = tmp_path / "bomb.zip"
    bomb.write_bytes(directory_with(zipped(), 24, archives.UNZIPPED_LIMIT + 1))
    (problem,) = validation.full(bomb, QUESTION).problems
    assert problem.startswith("unzips to 262,144,001 bytes")
