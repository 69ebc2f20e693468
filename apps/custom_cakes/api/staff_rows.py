"""A request as staff read it over the API, and the examples of its pages."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from apps.custom_cakes.models import Quote
from apps.custom_cakes.selectors.desk import Desk
from apps.custom_cakes.states import QuoteKind, QuoteState, RequestStatus

_PRICE: dict[str, Any] = {
    "price": "412.00",
    "low": "368.50",
    "high": "460.65",
    "currency": "CAD",
    "formula_price": "398.00",
    "floor_price": "301.20",
    "ingredients": "62.40",
    "labour": "118.00",
    "overhead": "27.06",
    "suggested_margin": "0.4966",
    "origin": "model",
    "version": "price-7",
    "reasons": [{"text": "Your usual formula", "amount": "398.00"}],
    "nearest": [
        {
            "subject": "B-261002-7QK4M",
            "title": "2 tiers, wedding",
            "price": "395.00",
            "decided_on": "2026-10-02",
            "differences": ["one tier less"],
        }
    ],
    "notes": [],
}
REQUEST_EXAMPLE = OpenApiExample(
    "Waits for the shop",
    value={
        "id": 17,
        "number": "B-261120-K7P4Q",
        "status": "pending_review",
        "status_text": "Waiting for our review",
        "version": 1,
        "customer_name": "Zoë Tremblay",
        "customer_email": "zoe@example.com",
        "customer_phone": "+14165550123",
        "revision": 1,
        "design": {"tiers": [], "finish_id": 9},
        "labels": [["Cake", "8 in round, 4 in high, 2 layers of Vanilla"]],
        "wanted_on": "2026-12-12",
        "event_on": None,
        "fulfilment": "pickup",
        "guests": 12,
        "budget": "150.00",
        "words": "With a fox, please.",
        "inscription": "Happy birthday, Zoë",
        "colours": "ivory",
        "allergies": "hazelnuts",
        "note": "",
        "alarms": ["hazelnuts: we do not know whether this cake is free from it."],
        "contains": ["wheat", "milk"],
        "may_contain": [],
        "unknown": ["tree_nuts"],
        "photos": ["/custom-cakes/photos/SIGNED/"],
        "estimate": _PRICE,
        "problem": "",
        "servings_least": 12,
        "servings_most": 16,
        "days": [
            {
                "day": "2026-12-12",
                "is_wanted": True,
                "why": "",
                "slots": [
                    {"id": 411, "starts_at": "2026-12-12T16:00:00Z", "load": "2 of 6 orders"}
                ],
            }
        ],
        "earliest": "Mon 23 Nov 10:00",
        "earliest_why": "This cake needs 2 working days.",
        "ideas": [
            {
                "code": "smaller",
                "text": "One size smaller: $32.00 less, ready Saturday 12 December",
                "design": {"tiers": [], "finish_id": 9},
                "price": "380.00",
                "difference": "-32.00",
                "servings_least": 8,
                "servings_most": 10,
                "slot_id": 411,
                "ready_on": "2026-12-12",
            }
        ],
        "messages": [],
        "history": [{"at": "2026-11-20T15:00:00Z", "text": "Asked for", "by": "customer"}],
        "offer": None,
        "internal_note": "",
        "actions": ["approve", "ask", "counter", "note", "reject"],
    },
    response_only=True,
)
OFFER_EXAMPLE = OpenApiExample(
    "An offer that can be paid",
    value={
        "request_id": 17,
        "version": 2,
        "status": "approved_awaiting_payment",
        "no": 1,
        "kind": "approval",
        "state": "open",
        "price": "412.00",
        "total": "412.00",
        "currency": "CAD",
        "servings_least": 12,
        "servings_most": 16,
        "slot_id": 411,
        "words": "Keep it cool.",
        "changes": [],
        "expires_at": "2026-11-23T15:00:00Z",
        "order_number": "B-261120-K7P4Q",
    },
    response_only=True,
)


class CakeSlotRow(serializers.Serializer[Any]):
    """A pickup time with room for the cake."""

    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    load = serializers.CharField()


class CakeDayRow(serializers.Serializer[Any]):
    """A day near the wanted one; ``why`` it has no time with room."""

    day = serializers.DateField()
    is_wanted = serializers.BooleanField()
    why = serializers.CharField()
    slots = CakeSlotRow(many=True)


class CakeReasonRow(serializers.Serializer[Any]):
    """A part of a price."""

    text = serializers.CharField()
    amount = serializers.DecimalField(10, 2)


class CakeNearRow(serializers.Serializer[Any]):
    """A cake of the past that is like this one."""

    subject = serializers.CharField()
    title = serializers.CharField()
    price = serializers.DecimalField(10, 2)
    decided_on = serializers.DateField()
    differences = serializers.ListField(child=serializers.CharField())


class CakeEstimateRow(serializers.Serializer[Any]):
    """What was predicted; money before tax. Below ``floor_price`` only a manager sells."""

    price = serializers.DecimalField(10, 2)
    low = serializers.DecimalField(10, 2)
    high = serializers.DecimalField(10, 2)
    currency = serializers.CharField()
    formula_price = serializers.DecimalField(10, 2)
    floor_price = serializers.DecimalField(10, 2)
    ingredients = serializers.DecimalField(10, 2, source="costs.ingredients")
    labour = serializers.DecimalField(10, 2, source="costs.labour")
    overhead = serializers.DecimalField(10, 2, source="costs.overhead")
    suggested_margin = serializers.DecimalField(6, 4)
    origin = serializers.CharField()
    version = serializers.CharField()
    reasons = CakeReasonRow(many=True)
    nearest = CakeNearRow(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class CakeIdeaRow(serializers.Serializer[Any]):
    """Another cake that could be offered; ``difference`` of its price is negative for less."""

    code = serializers.CharField()
    text = serializers.CharField()
    design = serializers.JSONField(source="design.as_json")
    price = serializers.DecimalField(10, 2)
    difference = serializers.DecimalField(10, 2)
    servings_least = serializers.IntegerField()
    servings_most = serializers.IntegerField()
    slot_id = serializers.IntegerField(allow_null=True)
    ready_on = serializers.DateField(allow_null=True)


class CakeHistoryRow(serializers.Serializer[Any]):
    """One thing that happened."""

    at = serializers.DateTimeField()
    text = serializers.CharField()
    by = serializers.CharField()


class CakeSaidRow(serializers.Serializer[Any]):
    """What was written by the customer, or by the shop (staff)."""

    at = serializers.DateTimeField()
    author = serializers.CharField()
    text = serializers.CharField()


class CakeOfferOut(serializers.Serializer[Any]):
    """An offer; ``version`` and ``status`` are those of its request after it was made."""

    request_id = serializers.IntegerField()
    version = serializers.IntegerField(source="request.version")
    status = serializers.ChoiceField(RequestStatus.choices, source="request.status")
    no = serializers.IntegerField()
    kind = serializers.ChoiceField(QuoteKind.choices)
    state = serializers.ChoiceField(QuoteState.choices)
    price = serializers.DecimalField(10, 2)
    total = serializers.DecimalField(10, 2)
    currency = serializers.CharField()
    servings_least = serializers.IntegerField()
    servings_most = serializers.IntegerField()
    slot_id = serializers.IntegerField()
    words = serializers.CharField()
    changes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()
    order_number = serializers.SerializerMethodField()

    def get_order_number(self, quote: Quote) -> str:
        """Return the number of its order, "" while there is none."""
        return quote.order.number if quote.order else ""


class CakeDeskOut(serializers.Serializer[Any]):
    """Everything about a request, as the desk shows it; ``estimate`` null: see ``problem``."""

    id = serializers.IntegerField(source="request.pk")
    number = serializers.CharField(source="request.number")
    status = serializers.ChoiceField(RequestStatus.choices)
    status_text = serializers.CharField()
    version = serializers.IntegerField(source="request.version")
    customer_name = serializers.CharField(source="request.customer_name")
    customer_email = serializers.CharField(source="request.customer_email")
    customer_phone = serializers.CharField(source="request.customer_phone")
    revision = serializers.IntegerField(source="revision.no")
    design = serializers.JSONField(source="revision.design")
    labels = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    wanted_on = serializers.DateField(source="revision.wanted_on", allow_null=True)
    event_on = serializers.DateField(source="revision.event_on", allow_null=True)
    fulfilment = serializers.CharField(source="revision.fulfilment")
    guests = serializers.IntegerField(source="revision.guests", allow_null=True)
    budget = serializers.DecimalField(10, 2, source="revision.budget", allow_null=True)
    words = serializers.CharField(source="wish.words")
    inscription = serializers.CharField(source="wish.inscription")
    colours = serializers.CharField(source="wish.colours")
    allergies = serializers.CharField(source="wish.allergies")
    note = serializers.CharField(source="wish.note")
    alarms = serializers.ListField(child=serializers.CharField())
    contains = serializers.ListField(child=serializers.CharField())
    may_contain = serializers.ListField(child=serializers.CharField())
    unknown = serializers.ListField(child=serializers.CharField())
    photos = serializers.SerializerMethodField()
    estimate = serializers.SerializerMethodField()
    problem = serializers.CharField()
    servings_least = serializers.SerializerMethodField()
    servings_most = serializers.SerializerMethodField()
    days = CakeDayRow(many=True)
    earliest = serializers.CharField()
    earliest_why = serializers.CharField()
    ideas = CakeIdeaRow(many=True)
    messages = CakeSaidRow(many=True)
    history = CakeHistoryRow(many=True)
    offer = CakeOfferOut(allow_null=True)
    internal_note = serializers.CharField(source="request.internal_note")
    actions = serializers.SerializerMethodField()

    def get_photos(self, desk: Desk) -> list[str]:
        """Return addresses that work for an hour."""
        return [photo.path for photo in desk.photos]

    def get_estimate(self, desk: Desk) -> dict[str, Any] | None:
        """Return the estimate, None where nothing can be reckoned."""
        return dict(CakeEstimateRow(desk.appraisal.price).data) if desk.appraisal else None

    def get_servings_least(self, desk: Desk) -> int | None:
        """Return from how many it serves."""
        return desk.appraisal.servings.least if desk.appraisal else None

    def get_servings_most(self, desk: Desk) -> int | None:
        """Return up to how many it serves."""
        return desk.appraisal.servings.most if desk.appraisal else None

    def get_actions(self, desk: Desk) -> list[str]:
        """Return what may be done with it now."""
        return sorted(desk.actions)


class ListedCakeRow(serializers.Serializer[Any]):
    """A request in the list; ``low`` and ``high`` are what its customer was told."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    status = serializers.ChoiceField(RequestStatus.choices)
    version = serializers.IntegerField()
    customer_name = serializers.CharField()
    wanted_on = serializers.DateField(allow_null=True)
    guests = serializers.IntegerField(allow_null=True)
    tiers = serializers.IntegerField(allow_null=True)
    low = serializers.DecimalField(10, 2, allow_null=True)
    high = serializers.DecimalField(10, 2, allow_null=True)
    currency = serializers.CharField(allow_null=True)
    submitted_at = serializers.DateTimeField()
    order_number = serializers.CharField(allow_null=True)


LISTED_EXAMPLE = OpenApiExample(
    "Waits for the shop",
    value={
        "id": 17,
        "number": "B-261120-K7P4Q",
        "status": "pending_review",
        "version": 1,
        "customer_name": "Zoë Tremblay",
        "wanted_on": "2026-12-12",
        "guests": 12,
        "tiers": 1,
        "low": "368.50",
        "high": "460.65",
        "currency": "CAD",
        "submitted_at": "2026-11-20T15:00:00Z",
        "order_number": None,
    },
    response_only=True,
)
