"""Promotions over the API, for staff: what the console can do."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.loyalty import selectors, services
from apps.loyalty.api import promotion_rows as rows
from apps.loyalty.models import Redemption
from apps.loyalty.selectors.promotion_terms import promotion_rows
from apps.loyalty.states import PromotionState
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.edge.pagination import NewestFirst
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_SEE, _ADD, _CHANGE = (Staff(f"loyalty.{verb}_promotion") for verb in ("view", "add", "change"))
_EXAMPLE = OpenApiExample(
    "Five off from fifty",
    value={
        "name": "5 off from 50",
        "kind": "amount",
        "value": "5.00",
        "threshold": "50.00",
        "threshold_basis": "after",
        "starts_at": "2026-12-01T00:00",
        "per_customer_limit": 1,
    },
    request_only=True,
)


def checked(
    kind: type[serializers.Serializer[Any]], request: Request, **options: Any
) -> dict[str, Any]:
    """Return what was sent, once it is well-formed."""
    serializer = kind(data=request.data, **options)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _shown(promotion_id: int) -> dict[str, Any]:
    at = clock.now()
    row = promotion_rows(at=at).filter(pk=promotion_id).first()
    if row is None:
        raise NotFound("promotion_not_found", "There is no such promotion.")
    return rows.promotion_json(row, at=at)


class Promotions(APIView):
    """All promotions."""

    permission_classes = [_SEE]

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        reads = self.request.method in {"GET", "HEAD", "OPTIONS"}
        return [(_SEE if reads else _ADD)()]

    @extend_schema(
        operation_id="staff_promotions_list",
        summary="List promotions",
        parameters=[
            OpenApiParameter("state", str, enum=PromotionState.values),
            OpenApiParameter("cursor", str),
            OpenApiParameter("page_size", int),
        ],
        responses=rows.PromotionView(many=True),
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """Return promotions, the newest first, page by page."""
        state, at = request.query_params.get("state", ""), clock.now()
        if state and state not in PromotionState.values:
            raise ValidationError({"state": ["There is no such state."]})
        paginator = NewestFirst()
        page = paginator.paginate_queryset(promotion_rows(state, at=at), request, view=self) or []
        return paginator.get_paginated_response([rows.promotion_json(row, at=at) for row in page])

    @extend_schema(
        summary="Create a promotion",
        request=rows.PromotionInput,
        responses={201: rows.PromotionView},
        examples=[_EXAMPLE],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Make a promotion that holds at once, or within its window."""
        given = checked(rows.PromotionInput, request)
        row = services.create_promotion(
            reason=given.pop("reason"), values=given, actor=actor_of(request), at=clock.now()
        )
        return Response(_shown(row.pk), status=201)


class OnePromotion(APIView):
    """A promotion."""

    permission_classes = [_SEE]

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        reads = self.request.method in {"GET", "HEAD", "OPTIONS"}
        return [(_SEE if reads else _CHANGE)()]

    @extend_schema(summary="Show a promotion", responses=rows.PromotionView, tags=["staff"])
    def get(self, request: Request, promotion_id: int) -> Response:
        """Return it with its state and uses."""
        return Response(_shown(promotion_id))

    @extend_schema(
        summary="Change a promotion",
        request=rows.PromotionInput(partial=True),
        responses=rows.PromotionView,
        examples=[OpenApiExample("A later end", value={"ends_at": None}, request_only=True)],
        tags=["staff"],
    )
    def patch(self, request: Request, promotion_id: int) -> Response:
        """Change the named fields; 409 for what it gives once somebody has used it."""
        given = checked(rows.PromotionInput, request, partial=True)
        services.change_promotion(
            promotion_id=promotion_id,
            reason=given.pop("reason", ""),
            values=given,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(_shown(promotion_id))


class _Switch(APIView):
    permission_classes = [_CHANGE]
    is_active = False

    def _switch(self, request: Request, promotion_id: int) -> Response:
        services.switch_promotion(
            promotion_id=promotion_id,
            is_active=self.is_active,
            **checked(rows.SwitchInput, request),
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(_shown(promotion_id))


class DeactivatePromotion(_Switch):
    """Switching off."""

    @extend_schema(
        summary="Switch a promotion off",
        request=rows.SwitchInput,
        responses=rows.PromotionView,
        tags=["staff"],
    )
    def post(self, request: Request, promotion_id: int) -> Response:
        """Take it out of carts; what was granted stays granted."""
        return self._switch(request, promotion_id)


class ActivatePromotion(_Switch):
    """Switching on."""

    is_active = True

    @extend_schema(
        summary="Switch a promotion on",
        request=rows.SwitchInput,
        responses=rows.PromotionView,
        tags=["staff"],
    )
    def post(self, request: Request, promotion_id: int) -> Response:
        """Let it hold again, within its window and limits."""
        return self._switch(request, promotion_id)


class CopyPromotion(APIView):
    """Copies."""

    permission_classes = [_ADD]

    @extend_schema(
        summary="Copy a promotion",
        request=None,
        responses={201: rows.PromotionView},
        tags=["staff"],
    )
    def post(self, request: Request, promotion_id: int) -> Response:
        """Make another that says the same, switched off and unused."""
        row = services.copy_promotion(
            promotion_id=promotion_id, actor=actor_of(request), at=clock.now()
        )
        return Response(_shown(row.pk), status=201)


class PreviewPromotions(APIView):
    """A try on a sample cart."""

    permission_classes = [_SEE]

    @extend_schema(
        summary="Try promotions on a sample cart",
        request=rows.PreviewInput,
        responses=rows.PreviewView,
        examples=[
            OpenApiExample(
                "Six doughnuts, and a draft",
                value={"lines": [{"variant_id": 12, "quantity": 6}], "promotion_ids": [3]},
                request_only=True,
            )
        ],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Return what each takes off, or why it does not; uses nothing."""
        given = checked(rows.PreviewInput, request)
        goods = [(line["variant_id"], line["quantity"]) for line in given["lines"]]
        lines, names = selectors.sample_lines(goods)
        offers, found = selectors.preview_offers(
            lines, promotion_ids=given.get("promotion_ids", []), at=clock.now()
        )
        discounts = offers.discounts(len(lines))
        shown = {
            "promotions": [
                {
                    "promotion_id": row.terms.id,
                    "name": row.terms.name,
                    "state": row.state,
                    "amount": row.offer.amount if row.offer else 0,
                    "why_not": row.why,
                }
                for row in found
            ],
            "lines": [
                {
                    "variant_id": line.variant_id,
                    "quantity": line.quantity,
                    "name": name,
                    "amount": line.amount,
                    "discount": off,
                }
                for line, name, off in zip(lines, names, discounts, strict=True)
            ],
            "discount": sum(discounts),
        }
        return Response(rows.PreviewView(shown).data)


class Redemptions(APIView):
    """The log of uses."""

    permission_classes = [Staff("loyalty.view_redemption")]

    @extend_schema(
        summary="List uses of promotions",
        parameters=[
            OpenApiParameter("reference", str, description="Of one sale: `order:` and its id."),
            OpenApiParameter("code", str, description="Of one code, as it is stored."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("page_size", int),
        ],
        responses=rows.RedemptionView(many=True),
        tags=["staff"],
    )
    def get(self, request: Request) -> Response:
        """Return uses, the newest first, page by page."""
        asked = {
            name: text[:200]
            for name in ("reference", "code")
            if (text := request.query_params.get(name, ""))
        }
        paginator = NewestFirst()
        found = Redemption.objects.filter(**asked)
        page = paginator.paginate_queryset(found, request, view=self) or []
        return paginator.get_paginated_response([rows.redemption_json(row) for row in page])
