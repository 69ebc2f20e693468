"""Who is told of alerts, over the API, for staff."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.notifications import services
from apps.notifications.models import AlertContact
from apps.notifications.rules.wording import LANGUAGES
from apps.notifications.selectors import alert_board
from apps.notifications.states import AlertKind
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.private import PrivateView
from bakery.kernel import clock
from bakery.kernel.errors import Refused

_TAGS = ["staff"]
_NIGHT = {
    "name": "Ada",
    "phone": "+14165550101",
    "language": "en",
    "position": 1,
    "kinds": ["cake"],
    "weekdays": [4, 5],
    "from_time": "20:00",
    "to_time": "04:00",
}
_ADA = OpenApiExample(
    "At night",
    value={
        "id": 3,
        **_NIGHT,
        "email": "",
        "takes_calls": True,
        "from_time": "20:00:00",
        "to_time": "04:00:00",
        "is_active": True,
    },
    response_only=True,
    status_codes=["200", "201"],
)
_PLAIN = (
    *("name", "phone", "email", "language", "position", "takes_calls", "kinds", "weekdays"),
    "is_active",
)


class ContactInput(serializers.Serializer[Any]):
    """Somebody's place on the roster; what is not named stays as it is."""

    name = serializers.CharField(max_length=200, required=False)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=LANGUAGES, required=False)
    position = WholeNumber(min_value=0, max_value=999, required=False)
    takes_calls = serializers.BooleanField(required=False)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=AlertKind.choices), required=False, max_length=10
    )
    weekdays = serializers.ListField(
        child=WholeNumber(min_value=0, max_value=6), required=False, max_length=7
    )
    from_time = serializers.TimeField(required=False, allow_null=True)
    to_time = serializers.TimeField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class ContactOutput(serializers.Serializer[Any]):
    """Somebody on the roster. No kinds: told of all; no weekdays: on duty every day."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    phone = serializers.CharField()
    email = serializers.CharField()
    language = serializers.CharField()
    position = serializers.IntegerField()
    takes_calls = serializers.BooleanField()
    kinds = serializers.ListField(child=serializers.CharField())
    weekdays = serializers.ListField(child=serializers.IntegerField())
    from_time = serializers.TimeField(allow_null=True)
    to_time = serializers.TimeField(allow_null=True)
    is_active = serializers.BooleanField()


class StaffRosterView(PrivateView):
    """Everybody on the roster."""

    permission_classes = [Staff("notifications.view_alertcontact")]

    @extend_schema(
        operation_id="staff_roster_list",
        summary="List who is told of alerts",
        tags=_TAGS,
        responses=ContactOutput(many=True),
        examples=[_ADA],
    )
    def get(self, request: Request) -> Response:
        """Return them in their order, those taken off it last."""
        return Response(ContactOutput(alert_board.roster(), many=True).data)

    @extend_schema(
        operation_id="staff_roster_add",
        summary="Put somebody on the roster",
        tags=_TAGS,
        request=ContactInput,
        responses={201: ContactOutput},
        examples=[OpenApiExample("The night shift", value=_NIGHT, request_only=True), _ADA],
    )
    def post(self, request: Request) -> Response:
        """Add somebody; they are told from the next alert on."""
        if not request.user.has_perm("notifications.add_alertcontact"):
            raise Refused("permission_denied", "You may not do this.")
        contact = services.add_contact(
            wish=_wish(request, None), actor=actor_of(request), at=clock.now()
        )
        return Response(ContactOutput(contact).data, status=201)


class StaffRosterContactView(PrivateView):
    """One person on the roster."""

    permission_classes = [Staff("notifications.change_alertcontact")]

    @extend_schema(
        operation_id="staff_roster_change",
        summary="Change somebody's place on the roster",
        tags=_TAGS,
        request=ContactInput,
        responses=ContactOutput,
        examples=[
            OpenApiExample("On holiday", value={"is_active": False}, request_only=True),
            _ADA,
        ],
    )
    def patch(self, request: Request, contact_id: int) -> Response:
        """Change what is named; ``is_active`` false takes them off the roster."""
        held = alert_board.roster().filter(pk=contact_id).first()
        contact = services.change_contact(
            contact_id=contact_id,
            wish=_wish(request, held),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(ContactOutput(contact).data)


def _wish(request: Request, held: AlertContact | None) -> services.ContactWish:
    checked = ContactInput(data=request.data)
    checked.is_valid(raise_exception=True)
    given = checked.validated_data
    hours = None
    if "from_time" in given or "to_time" in given:
        start, end = (held.from_time, held.to_time) if held else (None, None)
        hours = (given.get("from_time", start), given.get("to_time", end))
    return services.ContactWish(**{name: given.get(name) for name in _PLAIN}, hours=hours)
