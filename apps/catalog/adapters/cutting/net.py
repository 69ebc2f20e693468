"""rembg's net: from a picture to a first guess of what is cake. Workers only."""

import logging
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image, ImageOps

from apps.catalog.adapters.cutting.weights import CannotCut, Model

logger = logging.getLogger(__name__)
Floats = NDArray[np.floating[Any]]
# The nets look at 320 to 1024 pixels a side: a larger input would only cost memory.
_LONGEST_IN = 1024


@dataclass(frozen=True, slots=True)
class Guess:
    """Opacities 0 to 1 for a picture and, turned back, for its mirror image."""

    first: Floats
    second: Floats

    @property
    def mean(self) -> Floats:
        """Both together, which is better than either."""
        return (self.first + self.second) / 2


def guess_twice(picture: Image.Image, model: Model) -> Guess:
    """Return what the net makes of ``picture`` and of its mirror image.

    Where the two differ the net is guessing, which nothing else would tell. Raises `CannotCut`.
    """
    session = _session(model.name, str(model.path.parent), model.path.stat().st_mtime_ns)
    small = picture.convert("RGB")
    small.thumbnail((_LONGEST_IN, _LONGEST_IN), Image.Resampling.LANCZOS)
    mirrored = session.predict(ImageOps.mirror(small))[0]
    return Guess(_opacity(session.predict(small)[0]), _opacity(ImageOps.mirror(mirrored)))


def _opacity(mask: Image.Image) -> Floats:
    values = np.asarray(mask.convert("L"), dtype=np.float32) / 255
    opacity: Floats = np.nan_to_num(values)
    return opacity


@lru_cache(maxsize=1)
def _session(name: str, folder: str, modified: int) -> Any:  # noqa: ARG001 - a part of the key
    """Return rembg's session, made once in a process for each state of the model's file."""
    # numba would compile pymatting on import, 70 s of CPU for what is not used here.
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    # rembg fetches what it does not find here; the caller made sure that it finds it.
    os.environ["U2NET_HOME"] = folder
    try:
        import onnxruntime  # type: ignore[import-untyped]
        from rembg import new_session  # type: ignore[import-untyped]

        options = onnxruntime.SessionOptions()
        # The arena would keep the peak's memory for good.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.intra_op_num_threads = settings.CUTOUT_THREADS
        options.inter_op_num_threads = 1
        return new_session(name, sess_opts=options, providers=["CPUExecutionProvider"])
    except (Exception, SystemExit) as error:  # without onnxruntime rembg ends the process
        logger.exception("the model for cut-outs could not be started")
        raise CannotCut("model_broken") from error
