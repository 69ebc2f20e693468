"""What callers of the customer's side send, and who they are."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request

from apps.custom_cakes.rules.typed import CONTACT, FIELDS, Read, read_typed
from apps.custom_cakes.rules.wishes import LONGEST, MAX_ANSWER
from bakery.edge import throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.fields import WholeNumber
from bakery.edge.shoppers import customer_of
from bakery.kernel.errors import Invalid

_BIGGEST = 2**31 - 1
_KNOWN = frozenset({*FIELDS, *CONTACT})


class CakeDesignInput(serializers.Serializer[Any]):
    """Documented by the choices' endpoint; read strictly, see `parse_design`."""

    tiers = serializers.ListField(child=serializers.DictField())
    finish_id = serializers.IntegerField()
    decorations = serializers.ListField(child=serializers.DictField(), required=False)
    event_type = serializers.CharField(required=False)
    style = serializers.CharField(required=False)  # type: ignore[assignment]  # a cake's
    keep_top = serializers.BooleanField(required=False)


class CakeEstimateInput(serializers.Serializer[Any]):
    """A cake, and what it should suit."""

    design = CakeDesignInput()
    guests = serializers.IntegerField(required=False, allow_null=True)
    wanted_on = serializers.DateField(required=False, allow_null=True)
    budget = serializers.DecimalField(
        max_digits=10, decimal_places=2, required=False, allow_null=True
    )
    allergies = serializers.CharField(max_length=LONGEST["allergies"], required=False)


class CakeWishesInput(CakeEstimateInput):
    """Everything a request says. ``address`` is needed for a delivery."""

    event_on = serializers.DateField(required=False, allow_null=True)
    fulfilment = serializers.ChoiceField(choices=["pickup", "delivery"], required=False)
    words = serializers.CharField(max_length=LONGEST["words"], required=False)
    inscription = serializers.CharField(max_length=LONGEST["inscription"], required=False)
    colours = serializers.CharField(max_length=LONGEST["colours"], required=False)
    note = serializers.CharField(max_length=LONGEST["note"], required=False)
    address = serializers.DictField(child=serializers.CharField(), required=False, allow_null=True)


class CakeRequestInput(CakeWishesInput):
    """A request with who asks; ``language`` is what we write to them in."""

    name = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(required=False)
    phone = serializers.CharField(max_length=40, required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class NewCakeRequestInput(CakeRequestInput):
    """A request, sent at once unless ``submit`` is false: then it is kept as it is."""

    submit = serializers.BooleanField(default=True)


class CakeSeenInput(serializers.Serializer[Any]):
    """``version``: the one that was seen; without it whatever is there now is meant."""

    version = WholeNumber(min_value=0, max_value=_BIGGEST, required=False)


class CakeReviseInput(CakeWishesInput):
    """What is asked for instead, whole."""

    version = serializers.IntegerField(required=False)


class CakeAnswerInput(CakeSeenInput):
    """What the customer writes."""

    text = serializers.CharField(max_length=MAX_ANSWER)


class CakeOfferInput(CakeSeenInput):
    """Which offer is meant; without it the last one."""

    offer = WholeNumber(min_value=1, max_value=_BIGGEST, required=False)


class CakeDeclineInput(CakeOfferInput):
    """No to an offer, with a word why."""

    words = serializers.CharField(max_length=MAX_ANSWER, required=False, allow_blank=True)


class CakePhotoInput(serializers.Serializer[Any]):
    """A picture of at most 10 MB."""

    file = serializers.FileField(write_only=True)
    caption = serializers.CharField(max_length=200, required=False, allow_blank=True)


def body_of(request: Request, *more: str) -> dict[str, Any]:
    """Return the body, an object of known fields and of ``more``; raise `Invalid`."""
    data: Any = request.data
    if not isinstance(data, Mapping):
        raise Invalid("bad_body", "Send a JSON object.")
    allowed = _KNOWN | set(more)
    if unknown := sorted(str(name)[:40] for name in data if name not in allowed):
        raise Invalid("unknown_field", "There is no such field.", details={"field": unknown[0]})
    return dict(data)


def require_read(
    data: Mapping[str, Any], *, is_typed: bool = False, needs_day: bool = True
) -> Read:
    """Return what was sent; raise `Invalid` of the first fault, with all of them in its details."""
    read = read_typed(data, is_typed=is_typed, needs_day=needs_day)
    if read.errors:
        raise all_wrong(read.errors)
    return read


def all_wrong(errors: Mapping[str, Invalid]) -> Invalid:
    """Return the refusal of everything that is wrong, under the first one's code."""
    field, first = next(iter(errors.items()))
    fields = {name: error.message for name, error in errors.items()}
    return Invalid(
        first.code, first.message, details={**first.details, "field": field, "fields": fields}
    )


def key_of(request: Request, email: str) -> UUID:
    """Return the key of a new request out of the header, apart for each account or mailbox."""
    text = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(text) <= 200 or not text.isprintable():
        raise Invalid(
            "idempotency_key_required",
            "Send an Idempotency-Key header of 1 to 200 printable characters.",
        )
    user_id = customer_of(request)
    owner = f"user:{user_id}" if user_id is not None else f"guest:{email.strip().lower()}"
    return uuid5(NAMESPACE_URL, f"custom-cakes:{owner}:{text}")


def limit(request: Request, name: str) -> None:
    """Count a call of ``name`` from this address; raise `TooMany`."""
    throttling.require(name, rate_bucket(client_address(request._request)))


def pop_version(data: dict[str, Any]) -> int | None:
    """Take the version that the caller has seen out of ``data``, None when they did not say."""
    checked = CakeSeenInput(data={"version": data.pop("version")} if "version" in data else {})
    checked.is_valid(raise_exception=True)
    version: int | None = checked.validated_data.get("version")
    return version
