"""Coupons over the API, for staff."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.loyalty import services
from apps.loyalty.api import promotion_rows as rows
from apps.loyalty.api.promotions import checked
from apps.loyalty.models import Coupon
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.idempotent import idempotent
from bakery.edge.pagination import NewestFirst
from bakery.kernel import clock

_SEE, _ADD, _CHANGE = (Staff(f"loyalty.{verb}_coupon") for verb in ("view", "add", "change"))
_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    location=OpenApiParameter.HEADER,
    required=True,
    description="The same key and body make the codes once.",
)


class Coupons(APIView):
    """The codes of a promotion."""

    permission_classes = [_SEE]

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        reads = self.request.method in {"GET", "HEAD", "OPTIONS"}
        return [(_SEE if reads else _ADD)()]

    @extend_schema(
        summary="List codes",
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("page_size", int)],
        responses=rows.CouponView(many=True),
        tags=["staff"],
    )
    def get(self, request: Request, promotion_id: int) -> Response:
        """Return a promotion's codes, the newest first, page by page."""
        paginator = NewestFirst()
        found = Coupon.objects.filter(promotion=promotion_id)
        page = paginator.paginate_queryset(found, request, view=self)
        return paginator.get_paginated_response(rows.CouponView(page, many=True).data)

    @extend_schema(
        summary="Add a code",
        request=rows.CouponInput,
        responses={201: rows.CouponView},
        examples=[
            OpenApiExample(
                "For everybody, a hundred times",
                value={"code": "WELCOME10", "max_uses": 100},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request, promotion_id: int) -> Response:
        """Add a code; 409 when it exists."""
        row = services.add_coupon(
            promotion_id=promotion_id,
            **checked(rows.CouponInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.CouponView(row).data, status=201)


class CouponBatch(APIView):
    """Codes at random."""

    permission_classes = [_ADD]

    @extend_schema(
        summary="Make a batch of codes",
        parameters=[_KEY],
        request=rows.BatchInput,
        responses={201: rows.CouponView(many=True)},
        examples=[
            OpenApiExample(
                "Single-use codes for a fair",
                value={"count": 200, "prefix": "FAIR", "batch": "Spring fair"},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    @idempotent
    def post(self, request: Request, promotion_id: int) -> Response:
        """Make all of them or none, and return them."""
        made = services.make_coupons(
            promotion_id=promotion_id,
            **checked(rows.BatchInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response([dict(row) for row in rows.CouponView(made, many=True).data], status=201)


class _Switch(APIView):
    permission_classes = [_CHANGE]
    is_active = False

    def _switch(self, request: Request, coupon_id: int) -> Response:
        row = services.switch_coupon(
            coupon_id=coupon_id,
            is_active=self.is_active,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(rows.CouponView(row).data)


class DeactivateCoupon(_Switch):
    """Switching a code off."""

    @extend_schema(
        summary="Switch a code off", request=None, responses=rows.CouponView, tags=["staff"]
    )
    def post(self, request: Request, coupon_id: int) -> Response:
        """Let nobody use it from now on."""
        return self._switch(request, coupon_id)


class ActivateCoupon(_Switch):
    """Switching a code on."""

    is_active = True

    @extend_schema(
        summary="Switch a code on", request=None, responses=rows.CouponView, tags=["staff"]
    )
    def post(self, request: Request, coupon_id: int) -> Response:
        """Let it be used again, within its limits."""
        return self._switch(request, coupon_id)
