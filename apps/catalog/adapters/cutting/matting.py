"""From a net's guess to a clean cut: an outline that follows the picture, and no halo.

The net sees 320 pixels a side, so its outline is a blur several pixels wide at full size. A
guided filter (He, Sun, Tang: Guided Image Filtering, 2013) lets the picture's own edges decide
within that blur. Pixels that are part cake, part background have the old background's colour in
them; blur fusion (Forte: Approximate Fast Foreground Colour Estimation, 2021) estimates the
cake's own. Both are box filters: fractions of a second where a closed-form matting takes minutes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter  # type: ignore[import-untyped]

from apps.catalog.adapters.cutting.net import Guess
from apps.catalog.rules import cutout_quality

Floats = NDArray[np.floating[Any]]
_MEASURED_SIDE = 320
# Radii are for a picture of 800 pixels and grow with it; chosen on the synthetic scenes by the
# error of opacity and of colour at the outline.
_GUIDE_RADIUS, _GUIDE_SOFTNESS = 6, 1e-4
_COLOUR_RADII = (45, 6)
_REFERENCE_SIDE = 800
# Weights of red, green and blue in lightness (ITU-R BT.601).
_LIGHTNESS = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_SMALLEST_SHARE = 0.002


def is_empty(guess: Guess) -> bool:
    """Tell whether the guess keeps next to nothing of the picture."""
    return float((guess.mean > 0.5).mean()) < _SMALLEST_SHARE


def measure(guess: Guess, picture: Image.Image) -> dict[str, float]:
    """Return the measures of `cutout_quality.measure`, rounded."""
    scale = _MEASURED_SIDE / max(picture.size)
    size = max(8, round(picture.width * scale)), max(8, round(picture.height * scale))
    small = picture.convert("RGB").resize(size, Image.Resampling.BOX)
    measures = cutout_quality.measure(
        _resized(guess.first, size, Image.Resampling.BOX),
        _resized(guess.second, size, Image.Resampling.BOX),
        np.asarray(small, dtype=np.float32),
    )
    return {name: round(value, 4) for name, value in measures.items()}


def cut_out(guess: Guess, picture: Image.Image) -> Image.Image:
    """Return ``picture`` as RGBA of its own size, its background transparent."""
    pixels = np.asarray(picture.convert("RGB"), dtype=np.uint8)
    alpha = refine(_resized(guess.mean, picture.size, Image.Resampling.BICUBIC), pixels)
    if picture.mode == "RGBA":
        alpha = np.minimum(alpha, np.asarray(picture.getchannel("A"), dtype=np.float32) / 255)
    result = np.empty((*alpha.shape, 4), dtype=np.uint8)
    result[..., :3] = decontaminate(pixels, alpha)
    result[..., 3] = (alpha * 255).round()
    # What nobody sees still compresses, and must not give the background away.
    result[result[..., 3] == 0] = 0
    return Image.fromarray(result)


def refine(alpha: Floats, pixels: NDArray[np.uint8]) -> Floats:
    """Return ``alpha`` (0 to 1) with its outline moved to the edges of ``pixels``."""
    radius = _scaled(_GUIDE_RADIUS, alpha.shape)
    guide: Floats = (pixels @ _LIGHTNESS) / 255
    firm = _stretched(alpha, 0.2, 0.8)
    mean_guide, mean_alpha = _box(guide, radius), _box(firm, radius)
    covariance = _box(guide * firm, radius) - mean_guide * mean_alpha
    variance = _box(guide * guide, radius) - mean_guide * mean_guide
    slope = covariance / (variance + _GUIDE_SOFTNESS)
    offset = mean_alpha - slope * mean_guide
    return _stretched(_box(slope, radius) * guide + _box(offset, radius), 0.15, 0.85)


def decontaminate(pixels: NDArray[np.uint8], alpha: Floats) -> NDArray[np.uint8]:
    """Return the cake's own colours, freed of what shines through at its outline."""
    mixed = (alpha > 0) & (alpha < 1)
    result = pixels.copy()
    for channel in range(3):
        seen = pixels[..., channel].astype(np.float32)
        front = back = seen
        for radius in _COLOUR_RADII:
            front, back = _fused(seen, front, back, alpha, _scaled(radius, alpha.shape))
        result[..., channel][mixed] = front[mixed].round()
    return result


def _fused(
    seen: Floats, front: Floats, back: Floats, alpha: Floats, radius: int
) -> tuple[Floats, Floats]:
    """One step of blur fusion: smooth both layers, then let the front explain what is seen."""
    weight = _box(alpha, radius)
    smooth_front = _box(front * alpha, radius) / (weight + 1e-5)
    smooth_back = _box(back * (1 - alpha), radius) / (1 - weight + 1e-5)
    unexplained = seen - alpha * smooth_front - (1 - alpha) * smooth_back
    better: Floats = np.clip(smooth_front + alpha * unexplained, 0, 255)
    return better, np.clip(smooth_back, 0, 255)


def _box(values: Floats, radius: int) -> Any:
    return uniform_filter(values, 2 * radius + 1)


def _stretched(values: Floats, low: float, high: float) -> Floats:
    stretched: Floats = np.clip((values - low) / (high - low), 0, 1)
    return stretched


def _scaled(radius: int, shape: tuple[int, ...]) -> int:
    return max(1, round(radius * max(shape) / _REFERENCE_SIDE))


def _resized(values: Floats, size: tuple[int, int], how: Image.Resampling) -> Floats:
    resized = Image.fromarray(values).resize(size, how)
    clipped: Floats = np.clip(np.asarray(resized, dtype=np.float32), 0, 1)
    return clipped
