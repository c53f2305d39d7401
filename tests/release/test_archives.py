"""The rules for a zip's directory: what breaks each, and that no bytes break the reader."""

from __future__ import annotations

import contextlib
import io
import stat
import struct
import warnings
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.localaws.sandbox import archive
from release import archives
from release.errors import PackageInvalidError

PLAIN = archive({"app.py": "def handler(event, context): ...\n" * 9, "lib/data": b"\0" * 99})


def entry(name: str, **members: int) -> zipfile.ZipInfo:
    """A file as a directory names it."""
    made = zipfile.ZipInfo(name)
    made.orig_filename = name
    for member, value in members.items():
        setattr(made, member, value)
    return made


def told(*entries: zipfile.ZipInfo, runtime: str = "python3.13", handler: str = "") -> str:
    """All that is wrong with them."""
    return "\n".join(archives.problems(entries, runtime, handler))


def reader(content: bytes) -> io.RawIOBase:
    """A raw file of these bytes, as one in S3 is."""

    class Raw(io.RawIOBase):
        _inner = io.BytesIO(content)

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            try:
                return self._inner.seek(offset, whence)
            except ValueError as error:
                raise OSError(str(error)) from error

        def tell(self) -> int:
            return self._inner.tell()

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            return self._inner.readinto(buffer)

    return Raw()


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "./app.py", "a//b", "C:/x", "C:x", "a\\..\\x", "a\0b", ""],
)
def test_a_name_that_leaves_the_package_is_refused(name: str) -> None:
    """Also one that only could on another system, or hides what follows a NUL."""
    assert "no plain relative paths" in told(entry(name))


@pytest.mark.parametrize("name", ["app.py", "a/b.c", "...", "..a/b..", "ümlaut/é.py", "a b", "d/"])
def test_plain_names_are_taken(name: str) -> None:
    """Dots, spaces and letters of any language are no paths."""
    assert told(entry(name)) == ""


@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/"), ("a", "a/b"), ("d/e", "d/e/f/g")])
def test_what_is_there_twice_is_refused(names: tuple[str, ...]) -> None:
    """One reader would see the first, another the second."""
    assert "something twice" in told(*map(entry, names))


def test_links_and_special_files_are_refused() -> None:
    """Where a link leads is not in the directory; files, also those without a mode, go."""
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK):
        assert "symbolic links" in told(entry("a", external_attr=(kind | 0o777) << 16))
    for kind in (0, stat.S_IFREG):
        assert told(entry("a", external_attr=(kind | 0o644) << 16)) == ""


def test_what_lambda_cannot_unzip_is_refused() -> None:
    """Encrypted, or compressed in another way."""
    assert "encrypted" in told(entry("a", flag_bits=1))
    assert "neither stored nor deflated" in told(entry("a", compress_type=zipfile.ZIP_LZMA))


def test_a_bomb_is_refused_by_what_its_directory_declares() -> None:
    """250 MB are taken, one byte more is not."""
    half = archives.UNZIPPED_LIMIT // 2
    assert told(entry("a", file_size=half), entry("b", file_size=half)) == ""
    assert "262,144,001 bytes" in told(entry("a", file_size=half), entry("b", file_size=half + 1))


def test_a_directory_of_endless_length_is_never_read() -> None:
    """It is refused by the length that it declares."""
    place = PLAIN.rindex(b"PK\x05\x06")
    huge = 1 << 31
    padded = b"\0" * 16 + PLAIN[:place]
    end = PLAIN[place : place + 12] + struct.pack("<II", huge, 0) + PLAIN[place + 20 :]
    with pytest.raises(PackageInvalidError, match="is not a zip archive"):
        archives.directory(reader(padded + end), "x.zip")
    real = archive({f"{number:0200}": "" for number in range(40_000)})
    with pytest.raises(PackageInvalidError, match="its directory has 9,840,000 bytes"):
        archives.directory(reader(real), "x.zip")


def test_every_broken_rule_is_told_and_many_names_are_counted() -> None:
    """A person sees all at once; three names are enough."""
    names = [f"../{number}" for number in range(5)]
    shown = told(*map(entry, names), entry("a", flag_bits=1), handler="app.handler")
    assert "'../0', '../1', '../2' and 2 more" in shown
    assert "encrypted" in shown
    assert "no module for the handler 'app.handler'" in shown


@pytest.mark.parametrize(
    ("runtime", "handler", "name"),
    [
        ("python3.13", "src/app.handler", "src/app.py"),
        ("nodejs22.x", "index.nested.handler", "index.mjs"),
        ("nodejs22.x", "dist/index.handler", "dist/index.js"),
    ],
)
def test_a_module_is_looked_for_as_the_runtime_does(runtime: str, handler: str, name: str) -> None:
    """Python cuts at the last dot, Node at the first one of the file's name."""
    assert told(entry(name), runtime=runtime, handler=handler) == ""
    assert "no module" in told(entry("other.txt"), runtime=runtime, handler=handler)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A zip with some bytes replaced, most of them where its directory is."""
    content = bytearray(PLAIN)
    directory = PLAIN.index(b"PK\x01\x02")
    places = st.integers(0, len(content) - 1) | st.integers(directory, len(content) - 1)
    for _ in range(draw(st.integers(1, 8))):
        content[draw(places)] = draw(st.integers(0, 255) | st.sampled_from([0, 1, 0x7F, 0xFF]))
    return bytes(content[: draw(st.integers(0, len(content)))] or content)


@given(content=st.binary(max_size=300) | st.binary().map(b"PK\x05\x06".__add__) | damaged())
def test_any_bytes_are_a_directory_or_refused(content: bytes) -> None:
    """A broken zip is our error, never another; and so is what its directory names."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.suppress(PackageInvalidError):
            entries = archives.directory(reader(content), "x.zip")
            assert all(isinstance(each, str) for each in archives.problems(entries, "", ""))
            assert len(archives.content_hash(entries)) == 64


@given(
    st.lists(
        st.builds(
            entry,
            st.text(max_size=12),
            external_attr=st.integers(0, 2**32 - 1),
            flag_bits=st.integers(0, 65535),
            compress_type=st.integers(0, 99),
            file_size=st.integers(0, 2**64 - 1),
        ),
        max_size=6,
    ),
    st.sampled_from(["python3.13", "nodejs22.x", "java21", ""]),
    st.text(max_size=12),
)
def test_any_directory_and_handler_can_be_judged(
    entries: list[zipfile.ZipInfo], runtime: str, handler: str
) -> None:
    """Whatever names, modes and sizes there are; what is told can be printed on any terminal."""
    for problem in archives.problems(entries, runtime, handler):
        assert problem.isprintable()
        problem.encode()
