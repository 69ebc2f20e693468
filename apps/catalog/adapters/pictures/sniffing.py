"""What a file is by its content, and what a JPEG would cost to decode; nothing is decoded here."""

import mimetypes
import re

# What else people send, so that the refusal can name it.
_KNOWN = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"%PDF", "PDF"),
)
_BRANDS = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"hevc": "HEIC",
    b"mif1": "HEIC",
    b"msf1": "HEIC",
}
_ALIASES = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}
# The types that Python itself knows: those of the machine differ from one to the next.
_BUILT_IN = mimetypes.MimeTypes()
_START_OF_SCAN, _END = 0xDA, 0xD9
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")


def name_of_other_format(data: bytes) -> str:
    """Return the name of a picture format that we do not take ("GIF"), "" for anything else."""
    for magic, name in _KNOWN:
        if data.startswith(magic):
            return name
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "")
    if b"<svg" in data[:1024].lower():
        return "SVG"
    return ""


def claims_another_type(real: str, *, filename: str, declared: str) -> bool:
    """Tell whether the name's extension or the declared type says something else than ``real``.

    An extension or a type that says nothing about pictures or documents ("cake.v2",
    application/octet-stream) is no claim.
    """
    by_name = _BUILT_IN.guess_type(f"x{_extension(filename)}")[0]
    stated = declared.partition(";")[0].strip().lower()
    claims = {by_name, stated} - {None, "", "application/octet-stream"}
    return any(_ALIASES.get(str(claim), claim) != real for claim in claims)


def _extension(filename: str) -> str:
    found = re.search(r"\.[A-Za-z0-9]{1,8}$", filename)
    return found.group().lower() if found else ""


def count_scans(data: bytes, *, enough: int) -> int:
    """Return how many scans a JPEG has, counting no further than ``enough``.

    Each scan is a pass over the whole picture: thousands of empty ones, some bytes each, keep a
    decoder busy for minutes.
    """
    position, scans = 2, 0
    while scans < enough:
        found = _MARKER.search(data, position)
        if found is None:
            return scans
        marker, position = found.group(1)[0], found.end()
        if marker == _END:
            return scans
        if marker in _BARE_MARKERS:
            continue
        scans += marker == _START_OF_SCAN
        # The segment is stepped over as a whole: a thumbnail in it has scans of its own.
        position += max(2, int.from_bytes(data[position : position + 2]))
    return scans
