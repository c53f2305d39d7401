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
        if size > entry.file_size:
            raise zipfile.BadZipFile(f"has more than the {entry.file_size:,} bytes it declares")
        checksum = zlib.crc32(block, checksum)
        yield block
    if size != entry.file_size:
        raise zipfile.BadZipFile(f"has {size:,} bytes instead of {entry.file_size:,}")
    if checksum != entry.CRC:
        raise zipfile.BadZipFile("is damaged: its checksum is another")


def _seek_to_data(archive: BinaryIO, entry: zipfile.ZipInfo) -> None:
    if not 0 <= entry.header_offset < 1 << 63:
        raise zipfile.BadZipFile("is not where the directory says")
    archive.seek(entry.header_offset)
    header = archive.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(_SIGNATURE):
        raise zipfile.BadZipFile("is not where the directory says")
    _, flags, method, *numbers, name_length, extra_length = _LOCAL.unpack(header)
    name = archive.read(name_length)
    encoding = "utf-8" if entry.flag_bits & _UTF8 else "cp437"
    if name != entry.orig_filename.encode(encoding) or method != entry.compress_type:
        raise zipfile.BadZipFile("is another file than the directory says")
    said = (entry.CRC, entry.compress_size, entry.file_size)
    if not flags & _SIZES_FOLLOW and not _agree(numbers, said):
        raise zipfile.BadZipFile("has other sizes, or another checksum, than the directory says")
    archive.seek(extra_length, 1)


def _agree(numbers: list[int], said: tuple[int, ...]) -> bool:
    """Where a number does not fit, it is elsewhere."""
    return all(here in (there, 0xFFFFFFFF) for here, there in zip(numbers, said, strict=True))


def _raw(archive: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    left = entry.compress_size
    while left:
        block = archive.read(min(left, _BLOCK))
        if not block:
            raise zipfile.BadZipFile("is cut off")
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
    if not stream.eof or stream.unused_data:
        raise zipfile.BadZipFile("does not end where the directory says")
