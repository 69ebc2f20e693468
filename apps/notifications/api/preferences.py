"""What somebody gets from us: of an account, and by the link below a mail."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.notifications import services
from apps.notifications.services import Owner
from apps.notifications.states import Channel, Topic
from bakery.edge.access import Anyone, SignedIn
from bakery.edge.private import PrivateView
from bakery.kernel import clock

if TYPE_CHECKING:
    from apps.accounts.models import User

STATES = [(state, state) for state in (services.ON, services.OFF, services.PENDING)]
_READ = OpenApiExample(
    "Preferences",
    value={
        "language": "en",
        "channels": [
            {
                "channel": "email",
                "address": "a…@example.com",
                "is_stopped": False,
                "choices": [
                    {
                        "topic": "news",
                        "title": "News and offers",
                        "wording": "Mail me now and then what is new in the shop.",
                        "state": "off",
                    }
                ],
            }
        ],
    },
    response_only=True,
)
_CHANGE = OpenApiExample("No more reminders", value={"email": {"cart": False}}, request_only=True)


class ChoiceView(serializers.Serializer[Any]):
    """One topic on one channel; ``wording`` is what one agrees to."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    title = serializers.CharField()
    wording = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)


class ChannelView(serializers.Serializer[Any]):
    """One address, masked; nothing goes there while ``is_stopped``."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    address = serializers.CharField()
    is_stopped = serializers.BooleanField()
    choices = ChoiceView(many=True)


class PreferencesView(serializers.Serializer[Any]):
    """What holds."""

    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    channels = ChannelView(many=True)


class PreferencesInput(serializers.Serializer[Any]):
    """What to change: topics on or off by channel, and the language; what is left out stays."""

    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    email = serializers.DictField(child=serializers.BooleanField(), required=False)
    sms = serializers.DictField(child=serializers.BooleanField(), required=False)


def _shown(owner: Owner) -> Response:
    return Response(PreferencesView(services.preferences_of(owner=owner, at=clock.now())).data)


def _changed(owner: Owner, request: Request) -> Response:
    data = PreferencesInput(data=request.data)
    data.is_valid(raise_exception=True)
    given = dict(data.validated_data)
    language = given.pop("language", "")
    services.change_preferences(owner=owner, changes=given, language=language, at=clock.now())
    return _shown(replace(owner, language=language or owner.language))


def _own(request: Request) -> Owner:
    # The view's access rule has made it so.
    return services.owner_of_account(user=cast("User", request.user))


class MyPreferences(PrivateView):
    """The caller's."""

    permission_classes = [SignedIn]

    @extend_schema(
        tags=["me"], operation_id="me_preferences", responses=PreferencesView, examples=[_READ]
    )
    def get(self, request: Request) -> Response:
        """Return what the account's mailbox and number get, and could get."""
        return _shown(_own(request))

    @extend_schema(
        tags=["me"],
        operation_id="me_preferences_change",
        request=PreferencesInput,
        responses=PreferencesView,
        examples=[_CHANGE, _READ],
    )
    def patch(self, request: Request) -> Response:
        """Switch topics on or off; texts are ``pending`` until the phone answers YES.

        400 ``not_optional`` for what cannot be switched, ``no_address`` without an address.
        """
        return _changed(_own(request), request)


class LinkPreferences(PrivateView):
    """A mailbox's, by the token of the link below a mail."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=["preferences"],
        operation_id="preferences_by_link",
        responses=PreferencesView,
        examples=[_READ],
        auth=[],
    )
    def get(self, request: Request, token: str) -> Response:
        """Return what the mailbox gets; 404 ``link_not_found`` for what is no token of ours."""
        return _shown(services.owner_of_token(token=token, at=clock.now()))

    @extend_schema(
        tags=["preferences"],
        operation_id="preferences_by_link_change",
        request=PreferencesInput,
        responses=PreferencesView,
        examples=[_CHANGE, _READ],
        auth=[],
    )
    def patch(self, request: Request, token: str) -> Response:
        """Switch topics on or off, as the signed-in do."""
        return _changed(services.owner_of_token(token=token, at=clock.now()), request)
