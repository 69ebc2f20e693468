"""Renditions of a picture: ``{"webp": {"320": key}, "jpeg": {"320": key}}``, widths in pixels."""

from collections.abc import Mapping
from typing import Any

Renditions = dict[str, dict[str, str]]
# The first of these that a picture has is the one that is shown where only one can be.
_PREFERRED = ("webp", "jpeg", "png")


def keys_of(renditions: Mapping[str, Any]) -> set[str]:
    """Return all file keys; what else a map may hold beside them is passed over."""
    return {
        key for sizes in renditions.values() if isinstance(sizes, Mapping) for key in sizes.values()
    }


def main_key(renditions: Mapping[str, Mapping[str, str]]) -> str:
    """Return the key of the largest rendition of the preferred kind, "" when there is none."""
    for kind in _PREFERRED:
        if sizes := renditions.get(kind):
            return sizes[max(sizes, key=int)]
    return ""


def image_set(
    renditions: Mapping[str, Mapping[str, str]], *, width: int, height: int
) -> dict[str, Any]:
    """Return what a product keeps of its main picture: renditions and the ratio of its sides."""
    return {"width": width, "height": height, **{k: dict(v) for k, v in renditions.items()}}
