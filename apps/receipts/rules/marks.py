"""What the bytes of a PDF say of its signatures, without parsing the PDF.

A stranger's file may be built to exhaust whoever parses it (a stream of a few kilobytes that
unpacks to gigabytes). A signature's place in the file and its bytes are always in plain sight, so
they are all that is read of a file that nobody vouched for yet.
"""

import re
from dataclasses import dataclass
from itertools import islice

_NUMBER = rb"\s{1,9}(\d{1,9})"
_RANGE = re.compile(rb"/ByteRange\s{0,9}\[\s{0,9}(\d{1,9})" + _NUMBER * 3 + rb"\s{0,9}\]")
# More signatures than anybody puts on a receipt, and more hexadecimal digits than one has.
_MOST_MARKS = 8
_LONGEST_HEX = 131_072
_TAIL = 1024


@dataclass(frozen=True)
class Mark:
    """A signature on the bytes [0, ``before``) and [``after``, ``until``) of a file."""

    before: int
    after: int
    until: int
    signature: bytes

    def covered(self, data: bytes) -> bytes:
        """Return what the signature is about."""
        return data[: self.before] + data[self.after : self.until]


def looks_like_pdf(data: bytes) -> bool:
    """Tell whether ``data`` begins as a PDF does (ISO 32000-2, 7.5.2)."""
    return data.startswith(b"%PDF-")


def has_its_end(data: bytes) -> bool:
    """Tell whether ``data`` ends as a PDF does (ISO 32000-2, 7.5.5)."""
    return b"%%EOF" in data[-_TAIL:]


def find_marks(data: bytes) -> list[Mark]:
    """Return the signatures that begin at the file's first byte, in their order in the file.

    One that reaches beyond the file's end is returned as well, as long as its own bytes are there.
    Only the first few ranges are looked at: each may name a hundred kilobytes to be read, and a
    file has room for tens of thousands of them.
    """
    ranges = islice(_RANGE.finditer(data), _MOST_MARKS)
    found = (_mark(data, *map(int, range_.groups())) for range_ in ranges)
    return [mark for mark in found if mark is not None]


def _mark(data: bytes, start: int, before: int, after: int, rest: int) -> Mark | None:
    """Read the signature that the range of bytes leaves out, written as <hexadecimal digits>."""
    if start != 0 or not 0 < after - before - 2 <= _LONGEST_HEX:
        return None
    gap = data[before:after]
    if not (gap.startswith(b"<") and gap.endswith(b">")):
        return None
    try:
        signature = bytes.fromhex(gap[1:-1].decode("ascii"))
    except ValueError:
        return None
    return Mark(before, after, after + rest, signature)
