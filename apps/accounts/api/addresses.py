"""/api/v1/me/addresses: the caller's address book."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from phonenumber_field.serializerfields import PhoneNumberField
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services
from apps.accounts.api.authentication import caller
from apps.accounts.models import Address
from apps.accounts.services.addresses import MAX_LABEL
from bakery.edge.access import SignedIn
from bakery.kernel import clock
from bakery.kernel.errors import NotFound
from bakery.kernel.postal import LONGEST

_BIGGEST_ID = 2**63 - 1
_HOME = {
    "label": "Home",
    "recipient": "Ada Byron",
    "phone": "+14165550123",
    "line1": "12 King Street West",
    "line2": "Unit 4",
    "city": "Toronto",
    "region": "ON",
    "postcode": "M5V 3A8",
    "country": "CA",
    "instructions": "Ring twice",
    "is_default": True,
}
_EXAMPLE = OpenApiExample("Home", value=_HOME)


def _text(name: str, *, needed: bool = False) -> serializers.CharField:
    # Room for spaces that are taken out; the service knows the true limits.
    longest = 40 if name in {"postcode", "country"} else LONGEST[name]
    if needed:
        return serializers.CharField(max_length=longest)
    return serializers.CharField(max_length=longest, required=False, allow_blank=True)


class AddressIn(serializers.Serializer[Any]):
    """An address; postcodes are checked as those of its country (CA, US, GB)."""

    label = serializers.CharField(  # type: ignore[assignment]  # shadows Field.label, as it may
        max_length=MAX_LABEL, required=False, allow_blank=True
    )
    recipient = _text("recipient", needed=True)
    phone = PhoneNumberField(required=False, allow_blank=True, region=settings.SHOP_COUNTRY)
    line1 = _text("line1", needed=True)
    line2 = _text("line2")
    city = _text("city", needed=True)
    region = _text("region")
    postcode = _text("postcode", needed=True)
    country = _text("country")
    instructions = _text("instructions")
    is_default = serializers.BooleanField(required=False)


class AddressOut(serializers.Serializer[Any]):
    """An address of the book."""

    id = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # as above
    recipient = serializers.CharField()
    phone = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    postcode = serializers.CharField()
    country = serializers.CharField()
    instructions = serializers.CharField()
    is_default = serializers.BooleanField()


def _reply(address: Address, *, status: int = 200) -> Response:
    return Response(
        AddressOut(address).data, status=status, headers={"Cache-Control": "private, no-store"}
    )


def _texts(data: dict[str, Any]) -> dict[str, str | bool]:
    return {name: value if type(value) is bool else str(value) for name, value in data.items()}


@extend_schema(tags=["me"])
class Addresses(APIView):
    """The book."""

    permission_classes = [SignedIn]

    @extend_schema(operation_id="me_addresses", responses={200: AddressOut(many=True)})
    def get(self, request: Request) -> Response:
        """Return the caller's addresses, the default first."""
        rows = selectors.addresses_of(caller(request).pk)
        return Response(
            AddressOut(rows, many=True).data, headers={"Cache-Control": "private, no-store"}
        )

    @extend_schema(
        operation_id="me_address_add",
        request=AddressIn,
        responses={201: AddressOut},
        examples=[_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Add an address; 409 ``too_many_addresses``, 400 ``bad_postcode`` and the like."""
        data = AddressIn(data=request.data)
        data.is_valid(raise_exception=True)
        given = _texts(data.validated_data)
        address = services.add_address(
            user_id=caller(request).pk,
            parts={"country": settings.SHOP_COUNTRY}
            | {name: str(given[name]) for name in LONGEST if given.get(name)},
            label=str(given.get("label", "")),
            phone=str(given.get("phone", "")),
            is_default=bool(given.get("is_default", False)),
            at=clock.now(),
        )
        return _reply(address, status=201)


@extend_schema(tags=["me"])
class OneAddress(APIView):
    """One address of the book; somebody else's does not exist."""

    permission_classes = [SignedIn]

    @extend_schema(operation_id="me_address_read", responses={200: AddressOut})
    def get(self, request: Request, address_id: int) -> Response:
        """Return it."""
        return _reply(selectors.address_of(_known(address_id), user_id=caller(request).pk))

    @extend_schema(
        operation_id="me_address_change",
        request=AddressIn,
        responses={200: AddressOut},
        examples=[OpenApiExample("The default", value={"is_default": True}, request_only=True)],
    )
    def patch(self, request: Request, address_id: int) -> Response:
        """Change what is named; orders that were placed with it keep it as it was."""
        data = AddressIn(data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        return _reply(
            services.change_address(
                user_id=caller(request).pk,
                address_id=_known(address_id),
                changes=_texts(data.validated_data),
                at=clock.now(),
            )
        )

    @extend_schema(operation_id="me_address_remove", responses={204: None})
    def delete(self, request: Request, address_id: int) -> Response:
        """Take it out."""
        services.remove_address(user_id=caller(request).pk, address_id=_known(address_id))
        return Response(status=204)


def _known(address_id: int) -> int:
    if address_id > _BIGGEST_ID:
        raise NotFound("address_not_found", "There is no such address.")
    return address_id
