"""What can be chosen for a custom cake: for everybody, and for the staff who decide that."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog.selectors import STYLES, TWO_MEASURES
from apps.catalog.states import CakeShape
from apps.custom_cakes import selectors, services
from apps.custom_cakes.rules.design import MAX_COUNT, MAX_DECORATIONS, MAX_LAYERS, MAX_TIERS
from apps.custom_cakes.states import OptionKind
from apps.pricing.states import EventType
from bakery.edge.access import Anyone, Staff
from bakery.edge.console import actor_of
from bakery.edge.fields import WholeNumber
from bakery.edge.languages import language_of
from bakery.kernel import clock
from bakery.kernel.errors import NotFound

_BIGGEST_ID = 2**63 - 1
_SEE = Staff("custom_cakes.view_cakeoption")
_WRITES = {
    "POST": Staff("custom_cakes.add_cakeoption"),
    "PATCH": Staff("custom_cakes.change_cakeoption"),
}
_OPTION: dict[str, Any] = {
    "kind": "filling",
    "name": "Raspberry cream",
    "name_fr": "Crème de framboise",
    "recipe_id": 7,
    "grams": "4.200",
}


class FoodRow(serializers.Serializer[Any]):
    """What is known to be in it; what is in none of the lists is known to be absent."""

    contains = serializers.ListField(child=serializers.CharField())
    may_contain = serializers.ListField(child=serializers.CharField())
    unknown = serializers.ListField(child=serializers.CharField())


class ChoiceRow(serializers.Serializer[Any]):
    """A choice as customers see it, in their language; ``allergens`` null: it is not eaten."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    note = serializers.CharField()
    most = serializers.IntegerField()
    lead_days = serializers.IntegerField()
    allergens = FoodRow(allow_null=True)


class ChoicesRow(serializers.Serializer[Any]):
    """All that a design can be made of, and its limits. Lengths are in inches."""

    flavours = ChoiceRow(many=True)
    fillings = ChoiceRow(many=True)
    finishes = ChoiceRow(many=True)
    decorations = ChoiceRow(many=True)
    shapes = serializers.ListField(child=serializers.CharField())
    shapes_with_width = serializers.ListField(child=serializers.CharField())
    styles = serializers.ListField(child=serializers.CharField())
    event_types = serializers.ListField(child=serializers.CharField())
    most_tiers = serializers.IntegerField()
    most_layers = serializers.IntegerField()
    most_decorations = serializers.IntegerField()


class CakeChoices(APIView):
    """What can be chosen."""

    permission_classes = [Anyone]

    @extend_schema(
        summary="List what a custom cake can be made of", tags=["shop"], responses=ChoicesRow
    )
    def get(self, request: Request) -> Response:
        """Return names, notes and allergens in the reader's language; no costs."""
        language = language_of(request)
        foods = selectors.options_with_food(at=clock.now())
        return Response(
            {
                "flavours": _public(foods[OptionKind.FLAVOUR], language),
                "fillings": _public(foods[OptionKind.FILLING], language),
                "finishes": _public(foods[OptionKind.FINISH], language),
                "decorations": _public(foods[OptionKind.DECORATION], language),
                "shapes": CakeShape.values,
                "shapes_with_width": sorted(TWO_MEASURES),
                "styles": list(STYLES),
                "event_types": EventType.values,
                "most_tiers": MAX_TIERS,
                "most_layers": MAX_LAYERS,
                "most_decorations": MAX_DECORATIONS,
            }
        )


class OptionInput(serializers.Serializer[Any]):
    """A choice; see the units at `grams`, `minutes` and `material_cost`."""

    name = serializers.CharField(max_length=80)
    name_fr = serializers.CharField(max_length=80, required=False, allow_blank=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)
    note_fr = serializers.CharField(max_length=200, required=False, allow_blank=True)
    recipe_id = WholeNumber(
        min_value=1,
        max_value=_BIGGEST_ID,
        required=False,
        allow_null=True,
        help_text="A recipe whose batch is weighed; costs and allergens follow from it.",
    )
    is_edible = serializers.BooleanField(required=False)
    grams = serializers.DecimalField(
        8,
        3,
        required=False,
        min_value=0,
        help_text="Of the recipe, in a cubic inch of sponge, a square inch of a layer of filling or"
        " of the outside, or in one decoration.",
    )
    material_cost = serializers.DecimalField(
        7, 2, required=False, min_value=0, help_text="What one takes besides, before tax."
    )
    minutes = serializers.DecimalField(
        7,
        3,
        required=False,
        min_value=0,
        help_text="Of a decorator, for a square inch of outside or for one decoration.",
    )
    complexity = WholeNumber(min_value=1, max_value=5, required=False)
    most = WholeNumber(min_value=1, max_value=MAX_COUNT, required=False)
    lead_days = WholeNumber(min_value=0, max_value=365, required=False)
    position = WholeNumber(min_value=0, max_value=999, required=False)


class NewOptionInput(OptionInput):
    """A choice with its kind, which cannot be changed later."""

    kind = serializers.ChoiceField(choices=OptionKind.choices)


class OptionChangeInput(OptionInput):
    """Changes; with ``expected_version`` they are refused when somebody else was faster."""

    expected_version = WholeNumber(min_value=1, max_value=2**31 - 1, required=False)


class OptionRow(serializers.Serializer[Any]):
    """A choice as staff see it; ``cost`` is of one inch or piece, null while it is not known."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    name = serializers.CharField()
    name_fr = serializers.CharField()
    note = serializers.CharField()
    note_fr = serializers.CharField()
    recipe_id = serializers.IntegerField(allow_null=True)
    is_edible = serializers.BooleanField()
    grams = serializers.DecimalField(8, 3)
    material_cost = serializers.DecimalField(8, 2)
    minutes = serializers.DecimalField(7, 3)
    complexity = serializers.IntegerField()
    most = serializers.IntegerField()
    lead_days = serializers.IntegerField()
    position = serializers.IntegerField()
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()
    cost = serializers.DecimalField(12, 4, allow_null=True)
    allergens = FoodRow(allow_null=True)


class _OptionsView(APIView):
    permission_classes = [_SEE]

    def get_permissions(self) -> list[Any]:
        """Ask for the permission that the method needs."""
        return [_WRITES.get(self.request.method or "", _SEE)()]


class StaffOptions(_OptionsView):
    """What can be chosen, and what once could."""

    @extend_schema(
        summary="List the choices for custom cakes",
        tags=["staff"],
        responses=OptionRow(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return all of them with cost and allergens, those no longer offered last."""
        return Response(OptionRow(selectors.all_options(at=clock.now()), many=True).data)

    @extend_schema(
        summary="Offer one more choice",
        tags=["staff"],
        request=NewOptionInput,
        responses={201: OptionRow},
        examples=[OpenApiExample("A filling", value=_OPTION, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Add a choice; 400 with the field that is wrong, 409 ``taken`` for its name."""
        checked = NewOptionInput(data=request.data)
        checked.is_valid(raise_exception=True)
        values = dict(checked.validated_data)
        option = services.create_option(
            kind=values.pop("kind"), values=values, actor=actor_of(request), at=clock.now()
        )
        return Response(_row(option.pk), status=201)


class StaffOption(_OptionsView):
    """One choice."""

    @extend_schema(summary="Show a choice", tags=["staff"], responses=OptionRow)
    def get(self, request: Request, option_id: int) -> Response:
        """Return it with cost and allergens."""
        return Response(_row(option_id))

    @extend_schema(
        summary="Change a choice",
        tags=["staff"],
        request=OptionChangeInput,
        responses=OptionRow,
        examples=[
            OpenApiExample(
                "More work", value={"minutes": "0.350", "expected_version": 3}, request_only=True
            )
        ],
    )
    def patch(self, request: Request, option_id: int) -> Response:
        """Change what is named; 409 ``stale_option`` when it was changed meanwhile."""
        checked = OptionChangeInput(data=request.data, partial=True)
        checked.is_valid(raise_exception=True)
        values = dict(checked.validated_data)
        services.update_option(
            option_id=_known(option_id),
            expected_version=values.pop("expected_version", None),
            changes=values,
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(_row(option_id))


class StaffOptionOffer(APIView):
    """Whether a choice is offered."""

    permission_classes = [Staff("custom_cakes.change_cakeoption")]

    @extend_schema(
        summary="Offer a choice again", tags=["staff"], request=None, responses=OptionRow
    )
    def put(self, request: Request, option_id: int) -> Response:
        """Offer it; 409 ``taken`` when its name is in use by now."""
        services.restore_option(
            option_id=_known(option_id), actor=actor_of(request), at=clock.now()
        )
        return Response(_row(option_id))

    @extend_schema(
        summary="Offer a choice no longer", tags=["staff"], request=None, responses=OptionRow
    )
    def delete(self, request: Request, option_id: int) -> Response:
        """Take it off the form; requests that named it keep it."""
        services.archive_option(
            option_id=_known(option_id), actor=actor_of(request), at=clock.now()
        )
        return Response(_row(option_id))


def _public(foods: list[selectors.OptionFood], language: str) -> list[dict[str, Any]]:
    return [
        {
            "id": food.choice.id,
            "name": food.choice.name_in(language),
            "note": food.choice.note_in(language),
            "most": food.choice.most,
            "lead_days": food.choice.lead_days,
            "allergens": food.told,
        }
        for food in foods
    ]


def _row(option_id: int) -> Any:
    return OptionRow(selectors.one_option(_known(option_id), at=clock.now())).data


def _known(option_id: int) -> int:
    if option_id > _BIGGEST_ID:
        raise NotFound("option_not_found", "There is no such choice.")
    return option_id
