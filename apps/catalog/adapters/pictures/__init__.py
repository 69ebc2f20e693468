"""Pillow: turning an upload of unknown origin into harmless pictures."""

from apps.catalog.adapters.pictures.cleaning import (
    LONGEST_SIDE,
    MAX_BYTES,
    TYPES,
    WIDTHS,
    CleanPicture,
    clean_picture,
    decode_picture,
)
from apps.catalog.adapters.pictures.encoding import EncodedFile, encode_sizes

__all__ = [
    "LONGEST_SIDE",
    "MAX_BYTES",
    "TYPES",
    "WIDTHS",
    "CleanPicture",
    "EncodedFile",
    "clean_picture",
    "decode_picture",
    "encode_sizes",
]
