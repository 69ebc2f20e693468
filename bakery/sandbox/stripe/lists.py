"""Lists by cursor, and `expand`."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from bakery.sandbox.store import Document
from bakery.sandbox.stripe.checkout import list_items
from bakery.sandbox.stripe.errors import StripeError, invalid
from bakery.sandbox.stripe.objects import PREFIXES
from bakery.sandbox.world import World

_DEFAULT_LIMIT = 10
_MAX_LIMIT = 100
_MAX_DEPTH = 4
_KIND_BY_PREFIX = {prefix: kind for kind, prefix in PREFIXES.items()}
_PAGING = frozenset({"limit", "starting_after", "ending_before", "expand", "created"})


def make_page(
    candidates: Iterable[Document],
    params: Document,
    *,
    url: str,
    accepts: Callable[[Document], bool] | None = None,
) -> Document:
    """Return one page of `candidates` (newest first), after or before a cursor.

    Every other parameter must equal the object's field of that name, unless `accepts` decides.
    """
    limit = params.get("limit", _DEFAULT_LIMIT)
    if not 1 <= limit <= _MAX_LIMIT:
        raise invalid(f"Limit must be between 1 and {_MAX_LIMIT}.", param="limit")
    wanted = {name: value for name, value in params.items() if name not in _PAGING}
    keep = accepts or (lambda obj: all(obj.get(k) == v for k, v in wanted.items()))
    created = params.get("created")
    found = [obj for obj in candidates if keep(obj) and _was_created(obj, created)]
    window, has_more = _cut(found, params, limit)
    return {"object": "list", "data": window, "has_more": has_more, "url": url}


def _was_created(obj: Document, created: Any) -> bool:
    if created is None:
        return True
    at = obj["created"]
    if isinstance(created, int):
        return bool(at == created)
    checks = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    return all(checks[name](at, bound) for name, bound in created.items())


def _cut(found: list[Document], params: Document, limit: int) -> tuple[list[Document], bool]:
    if "ending_before" in params:
        end = _position(found, params["ending_before"], "ending_before")
        start = max(0, end - limit)
        return found[start:end], start > 0
    start = 0
    if "starting_after" in params:
        start = _position(found, params["starting_after"], "starting_after") + 1
    return found[start : start + limit], len(found) > start + limit


def _position(found: list[Document], key: str, param: str) -> int:
    for position, obj in enumerate(found):
        if obj["id"] == key:
            return position
    raise invalid(f"No such object: '{key}'", param=param, code="resource_missing")


def expand(world: World, reply: Document, paths: list[str]) -> Document:
    """Return a copy of `reply` with the ids at `paths` replaced by the objects."""
    reply = copy.deepcopy(reply)
    for path in paths:
        parts = path.split(".")
        if len(parts) > _MAX_DEPTH + (parts[0] == "data"):
            raise invalid(
                f"You cannot expand more than {_MAX_DEPTH} levels of a property.", param="expand"
            )
        _expand(world, reply, parts, path)
    return reply


def _expand(world: World, target: Any, parts: list[str], path: str) -> None:
    if not parts or target is None:
        return
    if isinstance(target, list):
        for entry in target:
            _expand(world, entry, parts, path)
        return
    name, rest = parts[0], parts[1:]
    if not isinstance(target, dict):
        raise _refuse(path)
    if name not in target:
        target[name] = _include(world, target, name, path)
    target[name] = _resolve(world, target[name], path)
    _expand(world, target[name], rest, path)


def _resolve(world: World, value: Any, path: str) -> Any:
    """Return the object behind an id; what is already an object, a list or null stays."""
    if value is None or isinstance(value, dict | list):
        return value
    kind = _KIND_BY_PREFIX.get(str(value).rpartition("_")[0])
    found = world.store.get(kind, str(value)) if kind else None
    if found is None:
        raise _refuse(path)
    return copy.deepcopy(found)


def _refuse(path: str) -> StripeError:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")


def _include(world: World, target: Document, name: str, path: str) -> Document:
    kind = target.get("object")
    if kind == "checkout.session" and name == "line_items":
        url = f"/v1/checkout/sessions/{target['id']}/line_items"
        return make_page(list_items(world, target["id"]), {"limit": 100}, url=url)
    if kind == "charge" and name == "refunds":
        refunds = [r for r in world.store.all("refund")[::-1] if r["charge"] == target["id"]]
        return make_page(refunds, {}, url=f"/v1/charges/{target['id']}/refunds")
    raise _refuse(path)
