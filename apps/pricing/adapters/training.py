"""Fitting a booster with XGBoost, which is imported only where something is fitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.pricing.rules.tables import Table

# Squared error on the logarithm: the objectives for quantiles and absolute errors overlook
# monotone constraints in silence (XGBoost 3.2: 49 of 50 curves broken, 0 of 50 with this one).
# Shallow trees, small steps and a strong prior: a bakery decides on hundreds of cakes.
PARAMETERS: dict[str, Any] = {
    "objective": "reg:squarederror",
    "eta": 0.05,
    "max_depth": 3,
    "min_child_weight": 4,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "lambda": 4.0,
    "tree_method": "hist",
    # One thread and one seed: the same rows give the same model.
    "nthread": 1,
    "seed": 0,
    "verbosity": 0,
}
_MOST_ROUNDS, _PATIENCE = 600, 40
# Prices creep: a decision that has this share of all after it weighs half of the newest.
_HALF_AFTER = 0.3


@dataclass(frozen=True, slots=True)
class Fitted:
    """XGBoost's own bytes (UBJ), and how many trees they hold."""

    booster: bytes
    rounds: int


def best_rounds(table: Table, stop: Table) -> int:
    """Return how many trees of ``table`` predict ``stop`` best."""
    import xgboost

    booster = xgboost.train(
        _parameters(table),
        _matrix(table),
        num_boost_round=_MOST_ROUNDS,
        evals=[(_matrix(stop), "stop")],
        early_stopping_rounds=_PATIENCE,
        verbose_eval=False,
    )
    return int(booster.best_iteration) + 1


def fit(table: Table, rounds: int) -> Fitted:
    """Return a booster of so many trees on ``table``."""
    import xgboost

    booster = xgboost.train(_parameters(table), _matrix(table), num_boost_round=rounds)
    return Fitted(bytes(booster.save_raw("ubj")), rounds)


def predict(booster: bytes, table: Table) -> list[float]:
    """Return the logarithm that a booster predicts for each row of ``table``."""
    import xgboost

    loaded = xgboost.Booster()
    loaded.load_model(bytearray(booster))
    loaded.set_param({"nthread": 1})
    return [float(value) for value in loaded.predict(_matrix(table, with_target=False))]


def _parameters(table: Table) -> dict[str, Any]:
    return {**PARAMETERS, "monotone_constraints": tuple(table.monotone)}


def _matrix(table: Table, *, with_target: bool = True) -> Any:
    import numpy as np
    import xgboost

    count = len(table)
    age = (count - 1 - np.arange(count)) / max(count, 1)
    return xgboost.DMatrix(
        np.asarray(table.matrix, dtype=np.float32),
        label=np.asarray(table.target, dtype=np.float32) if with_target else None,
        base_margin=np.asarray(table.base, dtype=np.float32),
        weight=0.5 ** (age / _HALF_AFTER) if with_target else None,
        feature_names=list(table.names),
    )


def same_columns(names: Sequence[str], table: Table) -> bool:
    """Tell whether a booster of ``names`` can be asked about ``table``."""
    return tuple(names) == table.names
