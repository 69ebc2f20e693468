"""/api/v1/staff/messages and /api/v1/staff/sending: the log, sending again, costs and caps."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.notifications import rules, selectors, services
from apps.notifications.models import Message
from apps.notifications.rules.codes import explain_code
from apps.notifications.selectors import sending
from apps.notifications.states import Channel, MessageState, Topic
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.pagination import NewestFirst
from bakery.edge.private import PrivateView
from bakery.kernel import breakers, clock
from bakery.kernel.errors import NotFound

_TAGS = ["staff: messages"]
_ROW = {
    "id": 4711,
    "channel": "sms",
    "topic": "order",
    "kind": "order_ready",
    "recipient": "+14165550123",
    "state": "withheld",
    "error_code": "cap_number_hour",
    "explanation": "More texts to one number in an hour than the shop allows.",
    "maybe_duplicate": False,
    "attempts": 0,
    "resends": 0,
    "segments": 1,
    "country": "CA",
    "cost": None,
    "created_at": "2026-11-28T15:04:05Z",
    "sent_at": None,
}

_DETAIL = OpenApiExample(
    "Withheld",
    value={
        **_ROW,
        "subject": "",
        "text": "Your order SR-2611-4821 is ready. (link)",
        "history": [
            {
                "at": "2026-11-28T15:04:06Z",
                "old": "queued",
                "new": "withheld",
                "actor": "system",
                "reason": "cap_number_hour",
            }
        ],
        "reports": [],
    },
    response_only=True,
)
_SENDING = OpenApiExample(
    "A day in November",
    value={
        "countries": [
            {
                "country": "CA",
                "texts_today": 31,
                "segments_today": 44,
                "cost_today": "0.4972",
                "texts_month": 702,
                "segments_month": 981,
                "cost_month": "11.0853",
            }
        ],
        "caps": [
            {
                "scope": "number_hour",
                "key": "…0123",
                "used": "6.0000",
                "cap": "6.0000",
                "percent": 100,
            }
        ],
        "days": [{"day": "2026-11-28", "texts": 31, "cost": "0.4972"}],
        "providers": [{"name": "twilio", "state": "closed", "failures": 0}],
    },
    response_only=True,
)


class MessageFilter(serializers.Serializer[Any]):
    """Which messages staff want to see."""

    state = serializers.ChoiceField(choices=MessageState.choices, required=False)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    topic = serializers.ChoiceField(choices=Topic.choices, required=False)
    kind = serializers.CharField(required=False, max_length=60)
    search = serializers.CharField(
        required=False, max_length=120, help_text="A part of the recipient or of the order number."
    )
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class MessageOutput(serializers.Serializer[Any]):
    """One message. Recipients are masked for who may not see accounts."""

    id = serializers.IntegerField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    topic = serializers.ChoiceField(choices=Topic.choices)
    kind = serializers.CharField()
    recipient = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=MessageState.choices)
    error_code = serializers.CharField()
    explanation = serializers.SerializerMethodField(help_text="What the code means, if known.")
    maybe_duplicate = serializers.BooleanField()
    attempts = serializers.IntegerField()
    resends = serializers.IntegerField()
    segments = serializers.IntegerField()
    country = serializers.CharField()
    cost = serializers.DecimalField(8, 4, allow_null=True, help_text="By the settings' prices.")
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)

    def get_recipient(self, row: Message) -> str:
        """Return to whom it went, as far as the caller may know."""
        known = sending.may_see_recipients(self.context["request"].user)
        return row.recipient if known else rules.mask(row.recipient)

    def get_explanation(self, row: Message) -> str:
        """Return the code's meaning."""
        return explain_code(row.error_code)


class MoveOutput(serializers.Serializer[Any]):
    """One step in a message's life."""

    at = serializers.DateTimeField()
    old = serializers.CharField()
    new = serializers.CharField()
    actor = serializers.CharField()
    reason = serializers.CharField()


class ReportOutput(serializers.Serializer[Any]):
    """One thing that a mail provider told."""

    at = serializers.DateTimeField()
    kind = serializers.CharField()
    detail = serializers.CharField()


class MessageDetail(MessageOutput):
    """One message with what it said, without links, and what became of it."""

    subject = serializers.CharField()
    text = serializers.CharField()
    history = MoveOutput(many=True)
    reports = ReportOutput(many=True)


class CountryOutput(serializers.Serializer[Any]):
    """What texts to one country came to."""

    country = serializers.CharField()
    texts_today = serializers.IntegerField()
    segments_today = serializers.IntegerField()
    cost_today = serializers.DecimalField(12, 4)
    texts_month = serializers.IntegerField()
    segments_month = serializers.IntegerField()
    cost_month = serializers.DecimalField(12, 4)


class CapOutput(serializers.Serializer[Any]):
    """How full a cap is; of caps by number the fullest one, masked."""

    scope = serializers.CharField()
    key = serializers.CharField()
    used = serializers.DecimalField(12, 4)
    cap = serializers.DecimalField(12, 4)
    percent = serializers.IntegerField()


class DayOutput(serializers.Serializer[Any]):
    """One day of the shop."""

    day = serializers.DateField()
    texts = serializers.IntegerField()
    cost = serializers.DecimalField(12, 4)


class ProviderOutput(serializers.Serializer[Any]):
    """Whether a provider is in use: closed, open (left alone) or trial (to be tried again)."""

    name = serializers.CharField()
    state = serializers.CharField()
    failures = serializers.IntegerField()


class SendingOutput(serializers.Serializer[Any]):
    """Costs, caps and providers."""

    countries = CountryOutput(many=True)
    caps = CapOutput(many=True)
    days = DayOutput(many=True)
    providers = ProviderOutput(many=True)


class StaffMessages(PrivateView, ListAPIView[Any]):
    """The log of messages."""

    permission_classes = [Staff("notifications.view_message")]
    serializer_class = MessageOutput
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Message]:
        """Return the messages asked for."""
        checked = MessageFilter(data=self.request.query_params)
        checked.is_valid(raise_exception=True)
        given = dict(checked.validated_data)
        rows = selectors.console_messages()
        for name, column in (("since", "created_at__gte"), ("until", "created_at__lt")):
            if name in given:
                rows = rows.filter(**{column: given.pop(name)})
        if words := given.pop("search", ""):
            wanted = Q(dedupe_key__icontains=words)
            # Who sees masked recipients cannot guess them by searching either.
            if sending.may_see_recipients(self.request.user):
                wanted |= Q(recipient__icontains=words)
            rows = rows.filter(wanted)
        return rows.filter(**given)

    @extend_schema(
        operation_id="staff_messages",
        tags=_TAGS,
        summary="List messages",
        parameters=[MessageFilter],
        examples=[OpenApiExample("Withheld", value=_ROW, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return messages by state, channel, topic, kind, recipient or order; newest first."""
        return super().get(request, *args, **kwargs)


class StaffMessage(PrivateView):
    """One message."""

    permission_classes = [Staff("notifications.view_message")]

    @extend_schema(
        operation_id="staff_message",
        tags=_TAGS,
        summary="Show a message",
        responses=MessageDetail,
        examples=[_DETAIL],
    )
    def get(self, request: Request, message_id: int) -> Response:
        """Return it as it was written, without links; 404 ``message_not_found``."""
        return _shown(request, message_id)


class ResendMessage(PrivateView):
    """Sending a message again."""

    permission_classes = [Staff("notifications.resend_message")]

    @extend_schema(
        operation_id="staff_message_resend",
        tags=_TAGS,
        summary="Send a message again that did not arrive",
        request=None,
        responses={
            200: MessageDetail,
            409: OpenApiResponse(description="illegal_transition: on its way, or arrived"),
        },
        examples=[
            OpenApiExample(
                "Queued again",
                value={
                    **_DETAIL.value,
                    "state": "queued",
                    "error_code": "",
                    "explanation": "",
                    "resends": 1,
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
    )
    def post(self, request: Request, message_id: int) -> Response:
        """Queue it; whether it may go is judged anew when it is sent."""
        services.resend_message(
            message_id=message_id, actor=actor_of(request), at=clock.now(), reason="api"
        )
        return _shown(request, message_id)


class SendingReport(PrivateView):
    """What texts cost, how full the caps are, which providers are left alone."""

    permission_classes = [Staff("notifications.view_message")]

    @extend_schema(
        operation_id="staff_sending",
        tags=_TAGS,
        summary="Show costs, caps and providers",
        responses=SendingOutput,
        examples=[_SENDING],
    )
    def get(self, request: Request) -> Response:
        """Return them, in the shop's currency and by its days."""
        at = clock.now()
        found = {
            "countries": sending.spending_by_country(at=at),
            "caps": sending.cap_use(at=at),
            "days": sending.spending_by_day(at=at),
            "providers": breakers.snapshots(),
        }
        return Response(SendingOutput(found).data)


def _shown(request: Request, message_id: int) -> Response:
    row: Any = selectors.console_messages().filter(pk=message_id).first()
    if row is None:
        raise NotFound("message_not_found", "There is no such message.")
    row.subject, row.text, _ = services.write_anew(row=row)
    row.history = row.transitions.order_by("pk")
    row.reports = sending.reports_of(row)
    return Response(MessageDetail(row, context={"request": request}).data)
