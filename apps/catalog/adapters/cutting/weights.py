"""The model's file: found by name, and never loaded unless its checksum is the right one."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

# U2-Net, small variant (Apache-2.0); the same bytes that rembg itself would fetch.
U2NETP = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
_KNOWN = {"u2netp": U2NETP}


class CannotCut(Exception):
    """There is no result; ``code`` is one of `rules.cutout_verdict.FAILURES`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Model:
    """A model whose file was verified."""

    name: str
    path: Path


def verified_model() -> Model:
    """Return the model that settings name.

    Raises `CannotCut`: ``model_missing``, or ``model_not_verified`` for a file with another
    SHA-256 than the known or configured one, and for a model that nobody vouched for.
    """
    name = str(settings.CUTOUT_MODEL)
    path = Path(settings.CUTOUT_MODEL_DIR) / f"{name}.onnx"
    try:
        facts = path.stat()
    except OSError as error:
        raise CannotCut("model_missing") from error
    wanted = settings.CUTOUT_MODEL_SHA256 or _KNOWN.get(name)
    if not wanted or _sha256(path, facts.st_mtime_ns, facts.st_size) != wanted.lower():
        raise CannotCut("model_not_verified")
    return Model(name, path)


@lru_cache(maxsize=2)
def _sha256(path: Path, modified: int, size: int) -> str:  # noqa: ARG001 - parts of the key
    """Return the file's digest; read once for each state that the file was seen in."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
