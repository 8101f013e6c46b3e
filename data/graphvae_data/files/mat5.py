"""Structure of MATLAB files (version 5 to 7.2), checked before SciPy reads them.

SciPy's compiled reader trusts the types and sizes in a file, so a damaged file could crash the
process. Format: MathWorks, "MAT-File Format", version 5.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

HEADER = 128
MATRIX, COMPRESSED = 14, 15
NUMBERS = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}
"""Bytes per number by type code; other types are text, matrices and compressed elements."""
TEXT = (16, 17, 18)
CLASSES = range(1, 18)
CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION = 1, 2, 3, 4, 5, 16
MAX_DEPTH, MAX_AXES = 20, 32
MAX_RATIO, MIN_LIMIT = 2_000, 100_000_000
"""The limit of decompression: a multiple of the compressed size, or these bytes if more."""


def check_mat5(content: bytes) -> None:
    """Raise `ValueError` if a file is damaged; files of version 4 are not checked."""
    order = {b"IM": "<", b"MI": ">"}.get(content[HEADER - 2 : HEADER])
    if order is None:
        return
    for kind, body in _elements(content[HEADER:], order, packed=True):
        if kind == COMPRESSED:
            parts = list(_elements(_inflated(body), order))
            if len(parts) != 1 or parts[0][0] != MATRIX:
                raise ValueError("expected one matrix in a compressed element")
            _check_matrix(parts[0][1], order, 0)
        elif kind == MATRIX:
            _check_matrix(body, order, 0)
        else:
            raise ValueError(f"expected a matrix, got an element of type {kind}")


def _elements(content: bytes, order: str, *, packed: bool = False) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the bytes of each element, and check that it ends inside the content."""
    position = 0
    while position < len(content):
        if position + 8 > len(content):
            raise ValueError("an element is truncated")
        kind, size = struct.unpack_from(f"{order}II", content, position)
        start, step = position + 8, 8 + size
        if kind >> 16:  # a small element: size and type share four bytes
            kind, size, start, step = kind & 0xFFFF, kind >> 16, position + 4, 8
            if size > 4:
                raise ValueError(f"expected at most 4 bytes in a small element, got {size}")
        elif not (packed and kind == COMPRESSED):
            step += -size % 8
        if start + size > len(content):
            raise ValueError("an element is truncated")
        if kind not in NUMBERS and kind not in (*TEXT, MATRIX, COMPRESSED):
            raise ValueError(f"unknown type {kind}")
        if kind in NUMBERS and size % NUMBERS[kind]:
            raise ValueError(f"expected a multiple of {NUMBERS[kind]} bytes, got {size}")
        yield kind, content[start : start + size]
        position += step


def _inflated(content: bytes) -> bytes:
    limit = max(MAX_RATIO * len(content), MIN_LIMIT)
    try:
        inflated = zlib.decompressobj().decompress(content, limit + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(inflated) > limit:
        raise ValueError(f"expected at most {limit:,} bytes in a compressed element, got more")
    return inflated


def _check_matrix(content: bytes, order: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"expected at most {MAX_DEPTH} levels of cells and structs, got more")
    if not content:
        return  # an empty cell
    parts = list(_elements(content, order))
    if [kind for kind, _ in parts[:1]] != [6] or len(parts[0][1]) != 8:
        raise ValueError("expected the flags of a matrix")
    flags = struct.unpack(f"{order}I", parts[0][1][:4])[0]
    if flags & 0xFF not in CLASSES:
        raise ValueError(f"unknown class {flags & 0xFF}")
    if flags & 0xFF == 17:
        raise ValueError("objects of newer versions are not supported")
    if len(parts) < 3 or parts[1][0] != 5 or parts[2][0] not in (1, 2):
        raise ValueError("expected the dimensions and the name of a matrix")
    _check_content(parts[3:], _dimensions(parts[1][1], order), flags, order, depth)


def _dimensions(content: bytes, order: str) -> tuple[int, ...]:
    dimensions = struct.unpack(f"{order}{len(content) // 4}i", content)
    if not 2 <= len(dimensions) <= MAX_AXES or min(dimensions) < 0:
        raise ValueError(f"expected dimensions, got {dimensions}")
    return dimensions


def _check_content(
    parts: list[tuple[int, bytes]], shape: tuple[int, ...], flags: int, order: str, depth: int
) -> None:
    kind, cells, halves = flags & 0xFF, 1, 2 if flags & 0x0800 else 1
    for length in shape:
        cells *= length
    numbers = [NUMBERS.get(part[0], 0) and len(part[1]) // NUMBERS[part[0]] for part in parts]
    if kind in (CELL, STRUCT, OBJECT, FUNCTION):
        _check_nested(parts, kind, cells, order, depth)
    elif kind == CHAR:
        if len(parts) != 1 or parts[0][0] in (MATRIX, COMPRESSED):
            raise ValueError("expected the text of a character array")
    elif kind == SPARSE:
        if len(parts) != 2 + halves or len(shape) != 2:
            raise ValueError("expected rows, columns and values of a sparse matrix")
        if numbers[1] != shape[1] + 1 or any(part[0] not in NUMBERS for part in parts):
            raise ValueError(f"expected {shape[1] + 1} column pointers, got {numbers[1]}")
    elif numbers != [cells] * halves:
        raise ValueError(f"expected {cells} numbers, got {numbers}")


def _check_nested(
    parts: list[tuple[int, bytes]], kind: int, cells: int, order: str, depth: int
) -> None:
    if kind == OBJECT:
        parts = parts[1:]
    if kind in (STRUCT, OBJECT):
        if len(parts) < 2 or parts[0][0] != 5 or len(parts[0][1]) != 4 or parts[1][0] != 1:
            raise ValueError("expected the names of a struct's fields")
        width = struct.unpack(f"{order}i", parts[0][1])[0]
        if width < 1 or len(parts[1][1]) % width:
            raise ValueError(f"expected names of {width} bytes")
        cells *= len(parts[1][1]) // width
        parts = parts[2:]
    if kind == FUNCTION:
        cells = 1
    if len(parts) != cells or any(part[0] != MATRIX for part in parts):
        raise ValueError(f"expected {cells} matrices, got {len(parts)}")
    for _, body in parts:
        _check_matrix(body, order, depth + 1)
