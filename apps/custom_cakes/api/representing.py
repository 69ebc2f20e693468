"""A request as JSON: what its page shows, and nothing of who asked."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.custom_cakes import selectors
from apps.custom_cakes.models import CakePhoto, CakeRequest
from apps.custom_cakes.rules.link import photo_path, request_token
from apps.custom_cakes.selectors import MyRequest, OfferRow, RequestPage
from apps.custom_cakes.states import QuoteKind, QuoteState, RequestStatus
from bakery.edge.languages import language_of
from bakery.kernel import clock


class EstimateNoteOutput(serializers.Serializer[Any]):
    """Something that was found out about an estimate; ``is_ok`` null: neither good nor bad."""

    code = serializers.CharField()
    text = serializers.CharField()
    is_ok = serializers.BooleanField(allow_null=True)


class CakeEstimateOutput(serializers.Serializer[Any]):
    """What a cake is likely to cost before tax, how many it serves, and when it could be had."""

    currency = serializers.CharField()
    low = serializers.DecimalField(max_digits=10, decimal_places=2)
    high = serializers.DecimalField(max_digits=10, decimal_places=2)
    range = serializers.CharField()
    range_fr = serializers.CharField()
    servings_least = serializers.IntegerField()
    servings_most = serializers.IntegerField()
    earliest = serializers.DateTimeField(allow_null=True)
    earliest_text = serializers.CharField()
    earliest_why = serializers.CharField()
    notes = EstimateNoteOutput(many=True)
    dear = serializers.ListField(child=serializers.CharField())


class CakeOfferOutput(serializers.Serializer[Any]):
    """An offer of the shop; amounts are texts, ``total`` is with tax."""

    no = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=QuoteKind.choices)
    state = serializers.ChoiceField(choices=QuoteState.choices)
    is_open = serializers.BooleanField()
    price = serializers.CharField()
    total = serializers.CharField()
    servings_least = serializers.IntegerField()
    servings_most = serializers.IntegerField()
    words = serializers.CharField()
    changes = serializers.ListField(child=serializers.CharField())
    pickup = serializers.CharField()
    expires_at = serializers.DateTimeField()


class CakeMessageOutput(serializers.Serializer[Any]):
    """What was written about a request."""

    is_shop = serializers.BooleanField()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class CakePhotoOutput(serializers.Serializer[Any]):
    """A picture; its ``url`` works for an hour."""

    id = serializers.UUIDField()
    caption = serializers.CharField()
    url = serializers.CharField()


class CakeRevisionOutput(serializers.Serializer[Any]):
    """A revision with what it changed."""

    no = serializers.IntegerField()
    is_shop = serializers.BooleanField()
    at = serializers.DateTimeField()
    differences = serializers.ListField(child=serializers.CharField())


class CakeRequestOutput(serializers.Serializer[Any]):
    """A request. ``pay_path`` is "" unless it can be paid now; ``may`` lists what can be done."""

    number = serializers.CharField()
    token = serializers.CharField()
    path = serializers.CharField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=RequestStatus.choices)
    status_text = serializers.CharField()
    revision = serializers.IntegerField()
    labels = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    facts = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    words = serializers.DictField(child=serializers.CharField())
    estimate = CakeEstimateOutput(allow_null=True)
    offer = CakeOfferOutput(allow_null=True)
    order_number = serializers.CharField()
    total = serializers.CharField()
    deposit = serializers.CharField()
    pay_path = serializers.CharField()
    pay_until = serializers.CharField()
    messages = CakeMessageOutput(many=True)
    photos = CakePhotoOutput(many=True)
    revisions = CakeRevisionOutput(many=True)
    draft = serializers.DictField(allow_null=True)
    may = serializers.ListField(child=serializers.CharField())


class MyCakeRequestOutput(serializers.Serializer[Any]):
    """A request in an account's list."""

    number = serializers.CharField()
    token = serializers.CharField()
    path = serializers.CharField()
    status = serializers.ChoiceField(choices=RequestStatus.choices)
    status_text = serializers.CharField()
    created_at = serializers.DateTimeField()
    wanted_on = serializers.DateField(allow_null=True)


_SAME = (
    *("number", "token", "path", "version", "status", "status_text", "revision", "labels"),
    *("facts", "words", "order_number", "total", "deposit", "pay_path", "pay_until", "draft"),
)
_MAY = ("revise", "withdraw", "reopen", "renew", "answer", "decide")


def request_json(page: RequestPage) -> dict[str, Any]:
    """Return a request as JSON."""
    return {
        **{name: getattr(page, name) for name in _SAME},
        "estimate": page.estimate or None,
        "offer": offer_json(page.offer) if page.offer else None,
        "messages": [
            {"is_shop": row.is_shop, "text": row.text, "at": row.at} for row in page.messages
        ],
        "photos": [
            {"id": str(row.public_id), "caption": row.caption, "url": row.path}
            for row in page.photos
        ],
        "revisions": [
            {"no": row.no, "is_shop": row.is_shop, "at": row.at, "differences": row.differences}
            for row in page.revisions
        ],
        "may": [name for name in _MAY if getattr(page, f"may_{name}")],
    }


def offer_json(offer: OfferRow) -> dict[str, Any]:
    """Return an offer as JSON."""
    return {str(name): getattr(offer, str(name)) for name in CakeOfferOutput().fields}


def my_request_json(row: MyRequest) -> dict[str, Any]:
    """Return a row of an account's list as JSON."""
    return {str(name): getattr(row, str(name)) for name in MyCakeRequestOutput().fields}


def photo_json(photo: CakePhoto) -> dict[str, Any]:
    """Return a picture that was just kept as JSON."""
    return {
        "id": str(photo.public_id),
        "caption": photo.caption,
        "url": photo_path(photo.public_id),
    }


def reply_of(made: CakeRequest, request: Request, *, status: int = 200) -> Response:
    """Return a request as the reply to what was done with it."""
    return fresh_reply(request_token(made.public_id), request, status=status)


def fresh_reply(token: str, request: Request, *, status: int = 200) -> Response:
    """Return the request of a token as it is now, in the caller's language."""
    page = selectors.request_page(token, clock.now(), language_of(request))
    return Response(request_json(page), status=status)
