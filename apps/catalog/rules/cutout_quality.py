"""What can be measured of a cut-out without knowing the truth.

Imported by workers only: numpy and SciPy have no place in the web process.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import (  # type: ignore[import-untyped]
    binary_dilation,
    binary_erosion,
    binary_fill_holes,
    label,
    uniform_filter,
)

Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
# Opacities between these are neither cake nor background.
_CLEARLY_OUT, _CLEARLY_IN = 0.1, 0.9
# How far from the outline, in pixels of a picture of about 320, doubt is no longer mere softness.
_SOFT_EDGE = 2
# Colours closer than this (distance in RGB, 0 to 441) do not show where one ends.
_FAINT = 12.0
_SMALLEST, _LARGEST = 0.02, 0.90


def measure(first: Floats, second: Floats, photo: Floats) -> dict[str, float]:
    """Return the measures that `cutout_verdict.judge` wants; each is 0 for a perfect cut.

    ``first`` and ``second`` are opacities (0 to 1) that the net gave for ``photo`` (0 to 255, RGB)
    and for its mirror image, turned back. All have the same height and width, about 320 pixels
    the longer side.
    """
    alpha = (first + second) / 2
    mask = alpha > 0.5
    area = float(mask.mean())
    if area == 0:
        return {**dict.fromkeys(_NAMES, 0.0), "too_small": 99.0}
    pixels = float(mask.sum())
    inside = binary_erosion(mask, iterations=_SOFT_EDGE)
    outside = ~binary_dilation(mask, iterations=_SOFT_EDGE)
    doubtful = (alpha > _CLEARLY_OUT) & (alpha < _CLEARLY_IN) & (inside | outside)
    common = float(np.minimum(first, second).sum())
    return {
        "unsure": float(doubtful.sum()) / pixels,
        "unstable": 1 - common / max(float(np.maximum(first, second).sum()), 1e-6),
        "faint_edge": _faint_share(mask, inside, outside, photo),
        "scattered": _scattered_share(mask),
        "holes": float((binary_fill_holes(mask) & ~mask).sum()) / pixels,
        "cut_by_frame": float(_frame(mask).mean()),
        "too_small": _SMALLEST / area if area < _SMALLEST * 2 else 0.0,
        "too_large": max(0.0, (area - 0.8) / (_LARGEST - 0.8)),
    }


_NAMES = (
    "unsure",
    "unstable",
    "faint_edge",
    "scattered",
    "holes",
    "cut_by_frame",
    "too_small",
    "too_large",
)


def _frame(mask: Mask) -> Mask:
    return np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])


def _scattered_share(mask: Mask) -> float:
    """Return the share of the mask outside its largest piece."""
    pieces, count = label(mask)
    if count < 2:
        return 0.0
    sizes = np.bincount(pieces.ravel())[1:]
    return float(1 - sizes.max() / sizes.sum())


def _faint_share(mask: Mask, inside: Mask, outside: Mask, photo: Floats) -> float:
    """Return the share of the outline along which both sides have nearly the same colour.

    The outline along the picture's frame is left out: there is no other side.
    """
    edge = mask & ~binary_erosion(mask, border_value=1)
    if not edge.any():
        return 0.0
    distance = np.zeros(mask.shape, dtype=np.float32)
    for channel in range(3):
        near = _mean_nearby(photo[..., channel], inside)
        far = _mean_nearby(photo[..., channel], outside)
        distance += (near - far) ** 2
    return float((np.sqrt(distance[edge]) < _FAINT).mean())


def _mean_nearby(values: Floats, where: Mask) -> Any:
    """Return, for each pixel, the mean of those ``values`` around it that are ``where``."""
    weight = uniform_filter(where.astype(np.float32), 9)
    return uniform_filter(values * where, 9) / np.maximum(weight, 1e-3)
