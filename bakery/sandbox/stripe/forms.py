"""Stripe's bracketed forms: `line_items[0][price_data][currency]=usd`."""

import re
from collections.abc import Iterable
from typing import Any

from bakery.sandbox.stripe.errors import invalid

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_MAX_DEPTH = 12


def decode_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return nested dicts with strings at the leaves; `a[]` counts up from 0 like `a[0]`.

    Lists stay dicts keyed "0", "1", ...: only the declared parameter types tell them apart.
    A key that cannot be nested raises a 400.
    """
    decoded: dict[str, Any] = {}
    for key, value in pairs:
        _put(decoded, _split_key(key), value, key)
    return decoded


def _split_key(key: str) -> list[str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise invalid(f"Invalid parameter name: {key[:100]}", param=key[:100])
    parts = [match[1], *_PART.findall(match[2])]
    if len(parts) > _MAX_DEPTH:
        raise invalid("Parameters are nested too deeply.", param=match[1])
    return parts


def _put(target: dict[str, Any], parts: list[str], value: str, key: str) -> None:
    for part in parts[:-1]:
        child = target.setdefault(part or str(len(target)), {})
        if not isinstance(child, dict):
            raise invalid(f"Invalid object: {parts[0]}", param=key)
        target = child
    last = parts[-1] or str(len(target))
    if isinstance(target.get(last), dict):
        raise invalid(f"Invalid string: {parts[0]}", param=key)
    target[last] = value
