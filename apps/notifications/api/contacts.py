"""/api/v1/staff/contacts: what an address agreed to, taking it back, and texts to the shop."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.notifications import rules, services
from apps.notifications.models import Contact, InboundText
from apps.notifications.selectors import contacts as selectors
from apps.notifications.states import (
    Channel,
    InboundMeaning,
    SubscriptionState,
    Topic,
)
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.pagination import NewestFirst
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

SEES_ADDRESSES = "accounts.view_user"
_TAGS = ["staff: messages"]
_SEARCH = OpenApiParameter("search", str, description="A part of the mailbox or the number.")
_TAKE_BACK = OpenApiExample(
    "On the telephone",
    value={"topics": ["cart", "news"], "reason": "called on Monday"},
    request_only=True,
)
_LIFT = OpenApiExample("It works again", value={"reason": "mailbox was full"}, request_only=True)

_HELD = {
    "id": 12,
    "channel": "email",
    "address": "zoe@example.com",
    "language": "fr",
    "stopped_at": None,
    "suppressed_at": None,
    "suppressed_reason": "",
    "subscriptions": [
        {
            "topic": "cart",
            "state": "confirmed",
            "changed_at": "2026-11-02T14:05:00Z",
            "expires_at": None,
        }
    ],
}
_TEXT = {
    "id": 5,
    "sender": "+14165550123",
    "body": "STOP",
    "meaning": "stop",
    "received_at": "2026-11-20T15:00:00Z",
}
_DECISION = {
    "topic": "cart",
    "state": "confirmed",
    "where": "link",
    "wording": "Mail me when I leave something in my cart.",
    "at": "2026-11-02T14:05:00Z",
}
_ROW = OpenApiExample("A mailbox", value=_HELD, response_only=True)
_PAGE = OpenApiExample(
    "With its evidence",
    value={**_HELD, "decisions": [_DECISION], "texts": []},
    response_only=True,
)
_INBOUND = OpenApiExample("No more texts", value=_TEXT, response_only=True)


class _Shown(serializers.Serializer[Any]):
    """A serializer that masks addresses from who may not see people's data."""

    def _address(self, address: str) -> str:
        request = self.context.get("request")
        may_see = request is not None and request.user.has_perm(SEES_ADDRESSES)
        return address if may_see else rules.mask(address)


class HeldView(serializers.Serializer[Any]):
    """What holds for one topic."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    state = serializers.ChoiceField(choices=SubscriptionState.choices)
    changed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class ContactView(_Shown):
    """A mailbox or a number."""

    id = serializers.IntegerField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    address = serializers.SerializerMethodField()
    language = serializers.CharField()
    stopped_at = serializers.DateTimeField(allow_null=True)
    suppressed_at = serializers.DateTimeField(allow_null=True)
    suppressed_reason = serializers.CharField()
    subscriptions = HeldView(many=True)

    def get_address(self, row: Contact) -> str:
        """Return the address, masked for who may not see it."""
        return self._address(row.address)


class DecisionView(serializers.Serializer[Any]):
    """One decision, as evidence."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    state = serializers.ChoiceField(choices=SubscriptionState.choices)
    where = serializers.CharField(source="source")
    wording = serializers.CharField()
    at = serializers.DateTimeField()


class InboundView(_Shown):
    """A text to the shop's number."""

    id = serializers.IntegerField()
    sender = serializers.SerializerMethodField()
    body = serializers.CharField()
    meaning = serializers.ChoiceField(choices=InboundMeaning.choices)
    received_at = serializers.DateTimeField()

    def get_sender(self, row: InboundText) -> str:
        """Return the number, masked for who may not see it."""
        return self._address(row.sender)


class ContactPage(ContactView):
    """A contact with its evidence and its texts."""

    decisions = DecisionView(many=True)
    texts = InboundView(many=True)


class ContactReasonInput(serializers.Serializer[Any]):
    """Why; kept in the audit trail."""

    reason = serializers.CharField(min_length=3, max_length=500)


class TakeBackInput(ContactReasonInput):
    """What somebody wants no more: topics, or ``stop`` for every text."""

    topics = serializers.ListField(
        child=serializers.ChoiceField(choices=[*Topic.values, "stop"]), min_length=1, max_length=8
    )


def _page(request: Request, contact_id: int) -> Response:
    contact = selectors.contact_rows().filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("contact_not_found", "There is no such contact.")
    context = {"request": request}
    body = {
        **ContactView(contact, context=context).data,
        "decisions": DecisionView(selectors.records_of(contact.pk), many=True).data,
        "texts": InboundView(selectors.texts_of(contact.address), many=True, context=context).data,
    }
    return Response(body)


def _given(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    data = kind(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


@extend_schema_view(
    get=extend_schema(
        tags=_TAGS,
        operation_id="staff_contacts",
        summary="List mailboxes and numbers with what they agreed to",
        parameters=[_SEARCH],
        examples=[_ROW],
    )
)
class Contacts(ListAPIView[Any]):
    """Contacts, the newest first."""

    permission_classes = [Staff("notifications.view_contact")]
    serializer_class = ContactView
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return the contacts that match; who may not see addresses cannot guess them."""
        text = self.request.query_params.get("search", "")[:254]
        if not self.request.user.has_perm(SEES_ADDRESSES):
            text = ""
        return selectors.contact_rows(search=text)


class OneContact(PrivateView):
    """One contact."""

    permission_classes = [Staff("notifications.view_contact")]

    @extend_schema(
        tags=_TAGS, operation_id="staff_contact", responses=ContactPage, examples=[_PAGE]
    )
    def get(self, request: Request, contact_id: int) -> Response:
        """Return what holds, every decision as evidence, and what was texted from there."""
        return _page(request, contact_id)


class TakeBack(PrivateView):
    """Taking back for somebody who asked staff to."""

    permission_classes = [Staff("notifications.withdraw_consent")]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_contact_withdraw",
        request=TakeBackInput,
        responses=ContactPage,
        examples=[_TAKE_BACK, _PAGE],
    )
    def post(self, request: Request, contact_id: int) -> Response:
        """Withdraw topics; 409 ``nothing_held`` when none of them was. Nobody agrees here."""
        services.withdraw_on_request(
            contact_id=contact_id,
            **_given(TakeBackInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return _page(request, contact_id)


class LiftSuppression(PrivateView):
    """A mailbox that works again."""

    permission_classes = [Staff("notifications.withdraw_consent")]

    @extend_schema(
        tags=_TAGS,
        operation_id="staff_contact_lift",
        request=ContactReasonInput,
        responses=ContactPage,
        examples=[_LIFT, _PAGE],
    )
    def post(self, request: Request, contact_id: int) -> Response:
        """Let mails go there again; 409 ``not_suppressed``."""
        services.lift_suppression(
            contact_id=contact_id,
            **_given(ContactReasonInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return _page(request, contact_id)


@extend_schema_view(
    get=extend_schema(
        tags=_TAGS,
        operation_id="staff_inbound_texts",
        summary="List the texts to the shop's number",
        parameters=[OpenApiParameter("meaning", str, enum=InboundMeaning.values)],
        examples=[_INBOUND],
    )
)
class InboundTexts(ListAPIView[Any]):
    """Texts to the shop, the newest first."""

    permission_classes = [Staff("notifications.view_inboundtext")]
    serializer_class = InboundView
    pagination_class = NewestFirst

    def get_queryset(self) -> Any:
        """Return the texts, those of one meaning if asked."""
        rows = selectors.inbound_rows()
        meaning = self.request.query_params.get("meaning", "")
        return rows.filter(meaning=meaning) if meaning in InboundMeaning.values else rows
