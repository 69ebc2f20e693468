"""XGBoost, imported with the first model that is served: most processes never need it.

A booster predicts the logarithm of final over formula price. It is asked with a base margin of
nothing, in the formula's own grain: what it says is added in double precision, so that without
trees the price is the formula's to the cent. Sums of trees that are monotone each are monotone in
floating point too, as rounding never changes an order.
"""

import math
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps.pricing.rules.artefact import Artefact, BadArtefact

if TYPE_CHECKING:
    import numpy as np

_KEPT = 8
# Decisions count as at most four times the formula when a model learns from them.
_FURTHEST = math.log(10)


class _Loaded:
    """Boosters that this process has read, by the SHA-256 of their file."""

    lock = threading.Lock()
    boosters: dict[str, Any] = {}


def corrections(artefact: Artefact, rows: Sequence[Sequence[float]]) -> "np.ndarray[Any, Any]":
    """Return what the model adds to the logarithm of each row. Raises `BadArtefact`."""
    xgboost = _xgboost()
    import numpy as np

    booster = _booster(artefact)
    data = np.asarray(rows, dtype=np.float32)
    try:
        return np.asarray(
            booster.inplace_predict(
                data,
                base_margin=np.zeros(len(data), dtype=np.float32),
                predict_type="margin",
                validate_features=False,
            ),
            dtype=float,
        )
    except xgboost.core.XGBoostError as error:
        raise BadArtefact("the model does not predict") from error


def correct_one(
    artefact: Artefact, values: Sequence[float], *, names: Sequence[str], monotone: Sequence[int]
) -> float:
    """Return what the model adds to the logarithm of one row, if it may be believed.

    Raises `BadArtefact` for one that was trained on other features than ``names`` or without their
    directions, and for a correction that no training can lead to.
    """
    if artefact.features != tuple(names):
        raise BadArtefact("it was trained on other features")
    if artefact.monotone != tuple(monotone):
        raise BadArtefact("it was trained without the constraints")
    found = float(corrections(artefact, [values])[0])
    if not abs(found) <= _FURTHEST:
        raise BadArtefact("it is off by more than ten times")
    return found


def contributions(artefact: Artefact, values: Sequence[float]) -> tuple[list[float], float]:
    """Return what each feature adds to the logarithm (SHAP), and what every cake gets.

    They sum up to the correction, but for floating point. Raises `BadArtefact`.
    """
    xgboost = _xgboost()
    import numpy as np

    booster = _booster(artefact)
    data = np.asarray([values], dtype=np.float32)
    matrix = xgboost.DMatrix(data, base_margin=np.zeros(1, dtype=np.float32), nthread=1)
    try:
        row = booster.predict(matrix, pred_contribs=True, validate_features=False)[0]
    except xgboost.core.XGBoostError as error:
        raise BadArtefact("the model does not explain") from error
    return [float(value) for value in row[:-1]], float(row[-1])


def _xgboost() -> Any:
    try:
        import xgboost
    # Its own errors for a shared library that is missing or does not load are `ValueError`s.
    except (ImportError, OSError, ValueError) as error:
        raise BadArtefact("XGBoost cannot be loaded") from error
    return xgboost


def _booster(artefact: Artefact) -> Any:
    with _Loaded.lock:
        found = _Loaded.boosters.get(artefact.sha256) if artefact.sha256 else None
    if found is not None:
        return found
    booster = _read(artefact)
    if artefact.sha256:
        with _Loaded.lock:
            while len(_Loaded.boosters) >= _KEPT:
                _Loaded.boosters.pop(next(iter(_Loaded.boosters)))
            _Loaded.boosters[artefact.sha256] = booster
    return booster


def _read(artefact: Artefact) -> Any:
    xgboost = _xgboost()
    # One row at a time: more threads would only wait for each other.
    booster = xgboost.Booster({"nthread": 1})
    try:
        booster.load_model(bytearray(artefact.booster))
        columns = booster.num_features()
    except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
        raise BadArtefact("the booster cannot be read") from error
    if columns != len(artefact.features):
        raise BadArtefact("the booster was trained on other features")
    return booster
