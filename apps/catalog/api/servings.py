"""Servings over the API: from a cake to its servings, from guests to cakes."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponseBase, QueryDict
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.catalog import selectors
from apps.catalog.api.conditional import public_json
from apps.catalog.models import Variant
from apps.catalog.rules.servings import (
    PARTY,
    STANDARD_HEIGHT,
    STYLES,
    Estimate,
    Suggestion,
    Tier,
    estimate,
    suggest,
)
from apps.catalog.states import CakeShape
from bakery.edge.access import Anyone

SHOWN = 6
_CM = Decimal("2.54")
_STEP = Decimal("0.01")
UNITS = ("in", "cm")


class TierRow(serializers.Serializer[Any]):
    """A tier, from the bottom; lengths in inches."""

    shape = serializers.ChoiceField(choices=CakeShape.choices)
    length_in = serializers.CharField()
    width_in = serializers.CharField(allow_null=True)
    height_in = serializers.CharField()


class TierServingsRow(TierRow):
    """A tier with what it serves; a kept top tier is not in the sums."""

    servings = serializers.IntegerField()
    kept = serializers.BooleanField()


class EstimateRow(serializers.Serializer[Any]):
    """What a cake serves by the named chart, and the range by which charts differ."""

    chart = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # shadows Field.source, as it may
    style = serializers.ChoiceField(choices=list(STYLES.items()))  # type: ignore[assignment]
    servings = serializers.IntegerField()
    range = serializers.ListField(
        child=serializers.IntegerField(), min_length=2, max_length=2, help_text="Least and most."
    )
    tiers = TierServingsRow(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class SuggestionRow(serializers.Serializer[Any]):
    """A cake that serves the guests; `sheets` are more sheet cakes from the kitchen."""

    name = serializers.CharField()
    tiers = TierRow(many=True)
    sheets = serializers.IntegerField()
    servings = serializers.IntegerField()
    spare = serializers.IntegerField()


class OnSaleRow(serializers.Serializer[Any]):
    """A size of ours that serves the guests."""

    variant_id = serializers.IntegerField()
    product = serializers.CharField()
    slug = serializers.CharField()
    size = serializers.CharField()
    price = serializers.CharField()
    servings_min = serializers.IntegerField()
    servings_max = serializers.IntegerField(allow_null=True)


class ServingsAnswer(serializers.Serializer[Any]):
    """One of the two: `estimate` for a cake, `suggestions` and `on_sale` for guests."""

    estimate = EstimateRow(allow_null=True)
    suggestions = SuggestionRow(many=True)
    on_sale = OnSaleRow(many=True)


_EXAMPLE = OpenApiExample(
    "Two tiers, party slices",
    value={
        "estimate": {
            "chart": "Wilton",
            "source": "wilton.com/cake-serving-guide",
            "style": "party",
            "servings": 32,
            "range": [32, 36],
            "tiers": [
                {"shape": "round", "length_in": "8", "width_in": None, "height_in": "4",
                 "servings": 20, "kept": False},
                {"shape": "round", "length_in": "6", "width_in": None, "height_in": "4",
                 "servings": 12, "kept": False},
            ],
            "notes": [],
        },
        "suggestions": [],
        "on_sale": [],
    },
    response_only=True,
)  # fmt: skip


class Servings(APIView):
    """How many a cake serves, or which cakes serve so many."""

    permission_classes = [Anyone]
    authentication_classes = []

    @extend_schema(
        summary="Estimate servings, or find a size for guests",
        parameters=[
            OpenApiParameter(
                "tier",
                str,
                many=True,
                description="A tier from the bottom: shape:LENGTH[xWIDTH][:HEIGHT], such as "
                "round:8, sheet:13x9 or round:6:5. Repeat it for a stack.",
            ),
            OpenApiParameter("guests", int, description="Instead of `tier`: how many come."),
            OpenApiParameter("style", str, enum=list(STYLES), description="party if absent."),
            OpenApiParameter("keep_top", bool, description="The top tier is kept, not eaten."),
            OpenApiParameter(
                "attendance", int, description="Per cent of guests who eat cake, 50 to 100."
            ),
            OpenApiParameter("unit", str, enum=list(UNITS), description="Of `tier`; in if absent."),
        ],
        responses=ServingsAnswer,
        examples=[_EXAMPLE],
        tags=["shop"],
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return the chart's figure with its range, or suggestions with what we sell."""
        query = request.query_params
        style = query.get("style") or PARTY
        keep_top = _yes(query, "keep_top")
        if "guests" in query and "tier" in query:
            raise ValidationError({"guests": ["Give guests or tiers, not both."]})
        if "guests" in query:
            guests = _whole(query, "guests", "")
            found = suggest(
                guests,
                style=style,
                keep_top=keep_top,
                attendance=_whole(query, "attendance", "100"),
            )
            return public_json(request, _suggested(found, guests))
        answer = estimate(_tiers(query), style=style, keep_top=keep_top)
        return public_json(
            request, {"estimate": estimate_row(answer), "suggestions": [], "on_sale": []}
        )


def estimate_row(answer: Estimate) -> dict[str, Any]:
    """Return an estimate as JSON has it."""
    return {
        "chart": answer.chart,
        "source": answer.source,
        "style": answer.style,
        "servings": answer.servings,
        "range": [answer.least, answer.most],
        "tiers": [
            {**_tier_row(row.tier), "servings": row.servings, "kept": row.kept}
            for row in answer.tiers
        ],
        "notes": list(answer.notes),
    }


def _tier_row(tier: Tier) -> dict[str, Any]:
    return {
        "shape": tier.shape,
        "length_in": str(tier.length),
        "width_in": None if tier.width is None else str(tier.width),
        "height_in": str(tier.height),
    }


def _suggested(found: list[Suggestion], guests: int) -> dict[str, Any]:
    return {
        "estimate": None,
        "suggestions": [
            {
                "name": row.name,
                "tiers": [_tier_row(tier) for tier in row.tiers],
                "sheets": row.sheets,
                "servings": row.servings,
                "spare": row.spare,
            }
            for row in found[:SHOWN]
        ],
        "on_sale": [_on_sale(size) for size in selectors.sizes_serving(guests, limit=SHOWN)],
    }


def _on_sale(size: Variant) -> dict[str, Any]:
    return {
        "variant_id": size.pk,
        "product": size.product.name,
        "slug": size.product.slug,
        "size": size.name,
        "price": str(size.price),
        "servings_min": size.servings_min,
        "servings_max": size.servings_max,
    }


def _tiers(query: QueryDict) -> list[Tier]:
    unit = query.get("unit") or "in"
    if unit not in UNITS:
        raise ValidationError({"unit": [f"One of: {', '.join(UNITS)}."]})
    if not query.getlist("tier"):
        raise ValidationError({"tier": ["Give at least one tier, or guests."]})
    return [_tier(text, unit) for text in query.getlist("tier")]


def _tier(text: str, unit: str) -> Tier:
    parts = text.split(":")
    if not 2 <= len(parts) <= 3:
        raise ValidationError({"tier": ["shape:LENGTH[xWIDTH][:HEIGHT], such as round:8."]})
    length, _, width = parts[1].partition("x")
    return Tier(
        parts[0],
        _inches(length, unit),
        _inches(width, unit) if width else None,
        _inches(parts[2], unit) if len(parts) == 3 else STANDARD_HEIGHT,
    )


def _inches(text: str, unit: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValidationError({"tier": ["A measure is a number, such as 8 or 10.5."]}) from error
    if not value.is_finite() or not 0 < value < 1000:
        raise ValidationError({"tier": ["A measure is a number, such as 8 or 10.5."]})
    return (value / _CM).quantize(_STEP) if unit == "cm" else value


def _whole(query: QueryDict, name: str, default: str) -> int:
    text = query.get(name) or default
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise ValidationError({name: ["A whole number."]})
    return int(text)


def _yes(query: QueryDict, name: str) -> bool:
    text = query.get(name, "").lower()
    if text not in {"", "0", "1", "true", "false"}:
        raise ValidationError({name: ["true or false."]})
    return text in {"1", "true"}
