"""The console's form for a product."""

from collections.abc import Mapping
from typing import Any

from django import forms

from apps.catalog import selectors
from apps.catalog.adapters.pictures import MAX_BYTES
from apps.catalog.models import Product
from apps.catalog.rules import food_facts
from apps.catalog.states import ProductKind
from bakery.edge.console import ReasonForm
from bakery.kernel import clock
from bakery.kernel.errors import Invalid


class _Ticks(forms.MultipleChoiceField):
    """Several of a vocabulary, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple


class ProductForm(ReasonForm):
    """A product. Allergens are either recorded, both lists complete, or unknown.

    ``conflict`` is set on the class made for a request that comes from a page opened before
    somebody else saved: such a form is shown again and never saved.
    """

    conflict = False
    diet_tags = _Ticks(choices=list(food_facts.DIETS.items()), required=False)
    allergens_known = forms.BooleanField(
        required=False,
        label="Allergens are recorded",
        help_text='Leave off while you are not sure: the shop then says "ask us".',
    )
    contains = _Ticks(choices=list(food_facts.ALLERGENS.items()), required=False)
    may_contain = _Ticks(choices=list(food_facts.ALLERGENS.items()), required=False)
    picture = forms.FileField(
        required=False, help_text="JPEG, PNG or WebP up to 10 MB; stored anew, without metadata."
    )
    read_at = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Product
        fields = (
            "name",
            "slug",
            "kind",
            "category",
            "short_description",
            "description",
            "seo_description",
            "search_words",
            "tax_class",
            "diet_tags",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            # The one product of custom cakes is made by itself, and not edited here.
            self.fields["kind"].choices = [  # type: ignore[attr-defined]  # of a choice
                row for row in ProductKind.choices if row[0] != ProductKind.CUSTOM_TEMPLATE
            ]
        if self.instance.pk:
            facts: Mapping[str, list[str]] = self.instance.allergens or {}
            self.initial["allergens_known"] = self.instance.allergens is not None
            for name in ("contains", "may_contain"):
                self.initial[name] = facts.get(name, [])
            self.initial["read_at"] = self.instance.updated_at.isoformat()

    def clean_picture(self) -> Any:
        """Refuse by size before anything is read; the service judges the content."""
        upload = self.cleaned_data["picture"]
        if upload and upload.size > MAX_BYTES:
            raise forms.ValidationError("A picture has at most 10 MB.")
        return upload

    def clean(self) -> dict[str, Any]:
        """Hold claims against facts, and refuse to undo what somebody else saved meanwhile."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.conflict:
            raise forms.ValidationError(
                "Somebody else changed this product since you opened it. Nothing is saved yet: "
                "read above what changed, then save again."
            )
        stored = Product.objects.filter(pk=self.instance.pk).first()
        if stored is not None and cleaned.get("read_at") != stored.updated_at.isoformat():
            raise forms.ValidationError(
                "Somebody else changed this product since you opened it. Reload the page first."
            )
        try:
            facts = self._facts(cleaned)
            claimed = Product(
                pk=self.instance.pk, diet_tags=cleaned.get("diet_tags", []), allergens=facts
            )
            selectors.check_product_claims(claimed, at=clock.now())
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        self.instance.allergens = facts
        return cleaned

    def _facts(self, cleaned: Mapping[str, Any]) -> dict[str, list[str]] | None:
        contains, may_contain = cleaned.get("contains", []), cleaned.get("may_contain", [])
        if not cleaned.get("allergens_known"):
            if contains or may_contain:
                raise forms.ValidationError('Tick "Allergens are recorded", or none of the lists.')
            return None
        return food_facts.clean_allergens({"contains": contains, "may_contain": may_contain})
