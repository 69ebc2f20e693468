"""Where to remind of a cart, and bringing one back by its link."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.recovery import services
from apps.recovery.rules.wording import LANGUAGES
from bakery.edge import throttling
from bakery.edge.access import Anyone
from bakery.edge.client import client_address, rate_bucket
from bakery.edge.private import PrivateView
from bakery.edge.shoppers import customer_of
from bakery.kernel import clock
from bakery.kernel.errors import Conflict

_GIVEN = OpenApiExample(
    "A mailbox", value={"email": "ada@example.com", "language": "en"}, request_only=True
)
_HELD = OpenApiExample(
    "Waiting for the answer",
    value={
        "email": "ada@example.com",
        "phone": "",
        "language": "en",
        "mail_agreed": False,
        "text_agreed": False,
        "mail_wording": "Yes, Sweet Rise Bakery may mail me about this cart if I leave it"
        " unfinished. I can end this with one click in every mail.",
        "text_wording": "Yes, Sweet Rise Bakery may text me about this cart if I leave it"
        " unfinished, one text for a cart. ...",
    },
    response_only=True,
)
_RESTORED = OpenApiExample(
    "A guest's cart",
    value={
        "cart_id": "5b8f6c1e-6f3f-4a55-9a38-2f6a4c1f9d1a",
        "notes": ["Ready from Thursday 26 November, 11:00."],
        "brought": 0,
    },
    response_only=True,
)
_WORDS = {
    "log_in": ("log_in_first", "Log in as the account whose cart this is."),
    "other_account": ("other_account", "This cart belongs to another account."),
    "ordered": ("cart_ordered", "This cart was ordered."),
    "empty": ("cart_empty", "Nothing is in this cart any more."),
    "gone": ("cart_gone", "This cart is gone."),
}


class StrictText(serializers.CharField):
    """Takes JSON texts only."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text or raise the field's error ``invalid``."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class CartContactInput(serializers.Serializer[Any]):
    """A mailbox, a number or both; showing the wording and being agreed to is the caller's part."""

    email = StrictText(max_length=254, required=False, allow_blank=True, default="")
    phone = StrictText(max_length=40, required=False, allow_blank=True, default="")
    language = StrictText(max_length=5, default=LANGUAGES[0], help_text="en or fr.")


class CartContactOutput(serializers.Serializer[Any]):
    """Where this cart's owner may be reminded, and what they agree to."""

    email = serializers.CharField()
    phone = serializers.CharField()
    language = serializers.CharField()
    mail_agreed = serializers.BooleanField(help_text="Agreed and confirmed.")
    text_agreed = serializers.BooleanField(help_text="Agreed and confirmed.")
    mail_wording = serializers.CharField(help_text="Show it beside the mailbox, word for word.")
    text_wording = serializers.CharField(help_text="Show it beside the number, word for word.")


class RestoreInput(serializers.Serializer[Any]):
    """The token of a reminder's link."""

    token = StrictText(max_length=100)


class RestoreOutput(serializers.Serializer[Any]):
    """The cart to go on with. ``brought`` counts what came along from another cart."""

    cart_id = serializers.UUIDField()
    notes = serializers.ListField(child=serializers.CharField())
    brought = serializers.IntegerField()


class CartContactView(PrivateView):
    """Where to remind of a cart."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=["carts"],
        responses=CartContactOutput,
        examples=[_HELD],
        operation_id="cart_contact",
    )
    def get(self, request: Request, cart_id: UUID) -> Response:
        """Return where the cart's owner may be reminded, with the words to agree to."""
        reach = services.read_cart_contact(
            cart_id=cart_id, user_id=customer_of(request), at=clock.now()
        )
        return Response(CartContactOutput(reach).data)

    @extend_schema(
        tags=["carts"],
        request=CartContactInput,
        responses=CartContactOutput,
        examples=[_GIVEN, _HELD],
        operation_id="cart_put_contact",
    )
    def put(self, request: Request, cart_id: UUID) -> Response:
        """Note that the owner agreed to the wording and may be reminded here.

        A mailbox gets a mail to confirm and a number a text to answer with YES, unless it is the
        signed-in account's own mailbox. 400 ``no_address``, ``bad_email``, ``bad_phone`` or
        ``not_your_address``, 409 ``cart_ordered``, 429 after a few.
        """
        checked = CartContactInput(data=request.data)
        checked.is_valid(raise_exception=True)
        throttling.require("cart_contact", rate_bucket(client_address(request._request)))
        reach = services.keep_cart_contact(
            cart_id=cart_id,
            user_id=customer_of(request),
            at=clock.now(),
            **checked.validated_data,
        )
        return Response(CartContactOutput(reach).data)

    @extend_schema(tags=["carts"], responses={204: None}, operation_id="cart_delete_contact")
    def delete(self, request: Request, cart_id: UUID) -> Response:
        """Remind of this cart no more."""
        services.forget_cart_contact(cart_id=cart_id, user_id=customer_of(request), at=clock.now())
        return Response(status=204)


class CartRestoreView(PrivateView):
    """Bringing a cart back."""

    permission_classes = [Anyone]

    @extend_schema(
        tags=["carts"],
        request=RestoreInput,
        responses=RestoreOutput,
        examples=[
            OpenApiExample(
                "A link's end",
                value={"token": "17-3kF0cQ9mJb1xV2nR7tYw8Zq4"},
                request_only=True,
            ),
            _RESTORED,
        ],
        operation_id="cart_restore",
    )
    def post(self, request: Request) -> Response:
        """Return the cart that a reminder's link brings back, and what changed since in words.

        404 ``link_not_found`` for a link that is unknown, changed or too old; 409
        ``log_in_first``, ``other_account``, ``cart_ordered``, ``cart_empty`` or ``cart_gone``.
        """
        checked = RestoreInput(data=request.data)
        checked.is_valid(raise_exception=True)
        restored = services.restore_cart(
            token=checked.validated_data["token"],
            user_id=customer_of(request),
            at=clock.now(),
        )
        if isinstance(restored, services.Waiting):
            raise Conflict(*_WORDS[restored.state])
        return Response(RestoreOutput(restored).data)
