"""The one way into a change of a request: its row locked, and the version that was seen checked."""

from django.db.models import F

from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.selectors.history import changes_since
from bakery.kernel.errors import Conflict
from bakery.kernel.locks import lock_one


def lock_request(request_id: int, *, expected_version: int | None) -> CakeRequest:
    """Lock and return a request, for a step of the caller's transaction.

    ``expected_version`` is the one that whoever decides has seen, None when it does not matter.
    Raises `NotFound` ``request_not_found`` and `Conflict` ``stale_request`` (details: version,
    changes with at, text and by).
    """
    request = lock_one(CakeRequest.objects.filter(pk=request_id), what="request")
    require_version(request, expected_version)
    return request


def require_version(request: CakeRequest, expected_version: int | None) -> None:
    """Refuse as `lock_request` does; for what must first see whether it was done already."""
    if expected_version is not None and request.version != expected_version:
        raise stale(request, expected_version)


def count_change(request: CakeRequest) -> None:
    """Count a change of ``request``, once a transaction; one that somebody else counted is stale.

    By one conditional UPDATE, so that two deciders cannot both have seen the version before it.
    """
    seen = request.version
    counted = CakeRequest.objects.filter(pk=request.pk, version=seen).update(
        version=F("version") + 1
    )
    if not counted:
        request.refresh_from_db(fields=["version"])
        raise stale(request, seen)
    request.version = seen + 1


def stale(request: CakeRequest, seen: int) -> Conflict:
    """Return the refusal of who decides about what is not as they saw it any more."""
    changes = [row.as_json() for row in changes_since(request, seen)]
    return Conflict(
        "stale_request",
        "This request has changed since you opened it. Look at what is new, then decide again.",
        details={"version": request.version, "seen": seen, "changes": changes},
    )
