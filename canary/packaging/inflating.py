"""A zip's content in blocks; what the directory says of each file must be true."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

_BLOCK = 128 * 1024
_LOCAL = struct.Struct("<4s2xHH4xLLLHH")  # the header before each file's data
_SIGNATURE = b"PK\3\4"
_ELSEWHERE = "is not where the directory says"
_SIZES_FOLLOW, _UTF8 = 0x08, 0x800


def contents(archive: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """
    The file's content in blocks; a BadZipFile, at the latest after the last one, where its name,
    sizes, compression or checksum are others than the directory says.

    zipfile believes the directory: it reads no more of a file than that declares.
    """
    _seek_to_data(archive, entry)
    size = checksum = 0
    deflated = entry.compress_type == zipfile.ZIP_DEFLATED
    for block in (_inflated if deflated else _raw)(archive, entry):
        size += len(block)
        _require(
            size <= entry.file_size, f"has more than the {entry.file_size:,} bytes it declares"
        )
        checksum = zlib.crc32(block, checksum)
        yield block
    _require(size == entry.file_size, f"has {size:,} bytes instead of {entry.file_size:,}")
    _require(checksum == entry.CRC, "is damaged: its checksum is another")


def _require(holds: bool, else_said: str) -> None:
    if not holds:
        raise zipfile.BadZipFile(else_said)


def _seek_to_data(archive: BinaryIO, entry: zipfile.ZipInfo) -> None:
    """Past the file's own header, which must say what the directory says."""
    _require(0 <= entry.header_offset < 1 << 63, _ELSEWHERE)
    archive.seek(entry.header_offset)
    header = archive.read(_LOCAL.size)
    _require(len(header) == _LOCAL.size and header.startswith(_SIGNATURE), _ELSEWHERE)
    _, flags, method, *numbers, name_length, extra_length = _LOCAL.unpack(header)
    encoding = "utf-8" if entry.flag_bits & _UTF8 else "cp437"
    same = archive.read(name_length) == entry.orig_filename.encode(encoding)
    _require(same and method == entry.compress_type, "is another file than the directory says")
    said = (entry.CRC, entry.compress_size, entry.file_size)
    _require(
        bool(flags & _SIZES_FOLLOW) or _agree(numbers, said),
        "has other sizes, or another checksum, than the directory says",
    )
    archive.seek(extra_length, 1)


def _agree(numbers: list[int], said: tuple[int, ...]) -> bool:
    """Where a number does not fit, it is elsewhere."""
    return all(here in (there, 0xFFFFFFFF) for here, there in zip(numbers, said, strict=True))


def _raw(archive: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    left = entry.compress_size
    while left:
        block = archive.read(min(left, _BLOCK))
        _require(bool(block), "is cut off")
        left -= len(block)
        yield block


def _inflated(archive: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for block in _raw(archive, entry):
            while block and not stream.eof:
                yield stream.decompress(block, _BLOCK)
                block = stream.unconsumed_tail
        yield stream.flush(_BLOCK)
    except zlib.error as error:
        raise zipfile.BadZipFile(f"cannot be inflated ({error})") from error
    _require(stream.eof and not stream.unused_data, "does not end where the directory says")
