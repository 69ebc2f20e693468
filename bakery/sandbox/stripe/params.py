"""Checks request parameters against the official SDK's own parameter types.

`stripe.params` holds TypedDicts that Stripe generates from its OpenAPI description, so an unknown
parameter, a missing one, a wrong type or enum value is refused here as the real API refuses it.
"""

import functools
import re
import sys
import types
import typing
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Union, get_args, get_origin

import stripe
import typing_extensions as te
from stripe._request_options import RequestOptions

from bakery.sandbox.stripe.errors import StripeError, invalid

_CLIENT_SIDE = frozenset(RequestOptions.__annotations__)
_OPTIONAL: frozenset[Any] = frozenset({te.NotRequired})
_WRAPPERS: frozenset[Any] = _OPTIONAL | {te.Required, te.Annotated}
_MAX_METADATA_KEYS = 50
_MAX_METADATA_KEY = 40
_MAX_METADATA_VALUE = 500


def clean_params(type_path: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Return `raw` with numbers, booleans and lists in their types, or raise Stripe's 400.

    `type_path` names a class below `stripe.params`, such as "checkout.SessionCreateParams".
    An empty string stands for "unset" where the SDK allows it.
    """
    return _clean_object(_find_type(type_path), raw, "")


@functools.cache
def _find_type(type_path: str) -> Any:
    found: Any = stripe.params
    for name in type_path.split("."):
        found = getattr(found, name)
    return found


@functools.cache
def _fields(params_type: Any) -> dict[str, tuple[Any, bool]]:
    """Return each field's type and whether it is required."""
    module = vars(sys.modules[params_type.__module__])
    scope = {
        **{name: getattr(typing, name) for name in ("Mapping", "Union", "Any", "Optional")},
        **module,
        # Response classes, which the SDK also takes as parameters: here they are plain mappings.
        "UntypedStripeObject": dict,
        "StripeContext": object,
    }
    hints = te.get_type_hints(params_type, globalns=scope, include_extras=True)
    return {
        name: (_unwrap(hint), get_origin(hint) not in _OPTIONAL)
        for name, hint in hints.items()
        if name not in _CLIENT_SIDE
    }


def _unwrap(hint: Any) -> Any:
    while get_origin(hint) in _WRAPPERS:
        hint = get_args(hint)[0]
    return hint


def _child(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _clean_object(params_type: Any, raw: Any, path: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise invalid("Invalid object", param=path)
    fields = _fields(params_type)
    for name in raw:
        if name not in fields:
            where = _child(path, name)
            raise invalid(
                f"Received unknown parameter: {where}", param=where, code="parameter_unknown"
            )
    for name, (_, required) in fields.items():
        if required and name not in raw:
            where = _child(path, name)
            raise invalid(
                f"Missing required param: {where}.", param=where, code="parameter_missing"
            )
    return {name: _clean(fields[name][0], value, _child(path, name)) for name, value in raw.items()}


def _clean(hint: Any, raw: Any, path: str) -> Any:
    hint = _unwrap(hint)
    if hint is Any or hint is object:
        return raw
    if te.is_typeddict(hint):
        return _clean_object(hint, raw, path)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _clean_union(arguments, raw, path)
    cleaner = {Literal: _clean_choice, list: _clean_list}.get(origin)
    if cleaner is not None:
        return cleaner(arguments, raw, path)
    if dict in {origin, hint}:
        return _clean_mapping(raw, path)
    return _clean_scalar(hint, raw, path)


def _clean_union(options: tuple[Any, ...], raw: Any, path: str) -> Any:
    choices = [value for option in options for value in _choices(option)]
    if choices and str in options and isinstance(raw, str):
        # "Literal['a', 'b'] | str" is how the SDK writes an enum that may grow.
        return raw if choices == [""] else _clean_choice(tuple(choices), raw, path)
    error: StripeError | None = None
    for option in options:
        try:
            return _clean(option, raw, path)
        except StripeError as refused:
            if error is None or isinstance(raw, dict):
                error = refused
    raise error or invalid("Invalid value", param=path)


def _choices(option: Any) -> tuple[Any, ...]:
    return get_args(option) if get_origin(option) is Literal else ()


def _clean_choice(choices: tuple[Any, ...], raw: Any, path: str) -> Any:
    for choice in choices:
        if str(choice) == raw:
            return choice
    listed = ", ".join(str(choice) for choice in choices[:40] if choice != "")
    raise invalid(f"Invalid {path}: must be one of {listed}", param=path)


def _clean_list(items: tuple[Any, ...], raw: Any, path: str) -> list[Any]:
    if raw == "":
        return []
    if not isinstance(raw, dict) or not all(key.isdigit() for key in raw):
        raise invalid("Invalid array", param=path)
    in_order = sorted(raw.items(), key=lambda pair: int(pair[0]))
    return [_clean(items[0], value, f"{path}[{key}]") for key, value in in_order]


def _clean_mapping(raw: Any, path: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise invalid("Invalid object", param=path)
    if path.endswith(("metadata", "metadata]")):
        _check_metadata(raw, path)
    return raw


def _check_metadata(raw: dict[str, Any], path: str) -> None:
    if len(raw) > _MAX_METADATA_KEYS:
        raise invalid(f"Metadata can have up to {_MAX_METADATA_KEYS} keys.", param=path)
    for key, value in raw.items():
        if not isinstance(value, str):
            raise invalid("Metadata values must be strings.", param=_child(path, key))
        if len(key) > _MAX_METADATA_KEY or len(value) > _MAX_METADATA_VALUE:
            raise invalid(
                "Metadata keys can have up to 40 characters, and values up to 500.",
                param=_child(path, key),
            )


def _clean_scalar(hint: Any, raw: Any, path: str) -> Any:
    if not isinstance(raw, str):
        raise invalid(f"Invalid string: {path}", param=path)
    if raw == "":
        raise invalid(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to"
            f" unset a parameter; however '{path}' cannot be unset.",
            param=path,
            code="parameter_invalid_empty",
        )
    parse = _PARSERS.get(hint)
    if parse is None:
        return raw
    try:
        return parse(raw)
    except (ValueError, InvalidOperation):
        name = "integer" if hint is int else "boolean" if hint is bool else "number"
        raise invalid(
            f"Invalid {name}: {raw[:50]}", param=path, code=f"parameter_invalid_{name}"
        ) from None


def _parse_int(raw: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", raw):
        raise ValueError(raw)
    return int(raw)


def _parse_bool(raw: str) -> bool:
    if raw not in {"true", "false"}:
        raise ValueError(raw)
    return raw == "true"


def _parse_number(raw: str) -> str:
    Decimal(raw)
    return raw


_PARSERS: dict[Any, Callable[[str], Any]] = {
    int: _parse_int,
    bool: _parse_bool,
    Decimal: _parse_number,
    float: float,
}
