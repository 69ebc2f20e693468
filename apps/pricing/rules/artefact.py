"""A trained model as one file: XGBoost's own bytes and the manifest that they are read by.

JSON throughout, so that reading a file runs nothing that is in it.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.pricing.states import DataOrigin, ModelKind

FORMAT = 1


class BadArtefact(Exception):
    """The bytes are not a model that this release can serve; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A booster on the logarithm of price (or servings), with what it must be served with.

    ``booster`` is XGBoost's UBJ. ``features`` are the names of its columns in order, ``monotone``
    the constraint of each (1, 0 or -1). Its base margin is the logarithm of what the formula
    says. ``quantiles`` are half-widths of the interval, as residuals of the logarithm, by group
    of sizes and under "" for all; ``coverage`` is what they were calibrated for. ``ranges`` is
    what was seen of each feature in training, lowest and highest.
    ``sha256`` is that of the whole file, "" before it was written.
    """

    kind: ModelKind
    name: str
    booster: bytes
    features: tuple[str, ...]
    monotone: tuple[int, ...]
    quantiles: Mapping[str, float]
    ranges: Mapping[str, tuple[float, float]]
    rows: int
    data_origin: DataOrigin
    coverage: float = 0.90
    metrics: Mapping[str, Any] = field(default_factory=dict)
    trained_at: str = ""
    sha256: str = ""


def encode(artefact: Artefact) -> bytes:
    """Return the file of ``artefact``: the same one always gives the same bytes."""
    content = {
        "format": FORMAT,
        "kind": str(artefact.kind),
        "name": artefact.name,
        "booster": base64.b64encode(artefact.booster).decode(),
        "features": list(artefact.features),
        "monotone": list(artefact.monotone),
        "quantiles": dict(artefact.quantiles),
        "ranges": {name: list(pair) for name, pair in artefact.ranges.items()},
        "rows": artefact.rows,
        "data_origin": str(artefact.data_origin),
        "coverage": artefact.coverage,
        "metrics": dict(artefact.metrics),
        "trained_at": artefact.trained_at,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def decode(data: bytes) -> Artefact:
    """Return the artefact of a file. Raises `BadArtefact`."""
    try:
        content = json.loads(data)
        if content["format"] != FORMAT:
            raise BadArtefact(f"the file is of format {content['format']}, not {FORMAT}")
        artefact = Artefact(
            kind=ModelKind(content["kind"]),
            name=str(content["name"]),
            booster=base64.b64decode(content["booster"], validate=True),
            features=tuple(str(name) for name in content["features"]),
            monotone=tuple(int(sign) for sign in content["monotone"]),
            quantiles={str(name): float(width) for name, width in content["quantiles"].items()},
            ranges={
                str(name): (float(pair[0]), float(pair[1]))
                for name, pair in content["ranges"].items()
            },
            rows=int(content["rows"]),
            data_origin=DataOrigin(content["data_origin"]),
            coverage=float(content["coverage"]),
            metrics=dict(content["metrics"]),
            trained_at=str(content["trained_at"]),
            sha256=digest(data),
        )
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        binascii.Error,
    ) as error:
        raise BadArtefact(f"the file cannot be read ({type(error).__name__})") from error
    _check(artefact)
    return artefact


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file, as it is written down with its version."""
    return hashlib.sha256(data).hexdigest()


def _check(artefact: Artefact) -> None:
    if len(artefact.features) != len(artefact.monotone):
        raise BadArtefact("features and monotone constraints do not belong together")
    if "" not in artefact.quantiles or not all(
        math.isfinite(width) and width >= 0 for width in artefact.quantiles.values()
    ):
        raise BadArtefact("the interval was never calibrated")
