"""Two people edit one product: what the other saved is shown, and what was typed is kept.

The page carries the values that it was filled with. When the product was saved since, the three
versions (as opened, as stored now, as typed) are merged: a field that only the other changed takes
their value, a field that both changed keeps what was typed, and nothing is saved until the reader
has seen it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.http import QueryDict

from apps.catalog.models import Product, Variant

_SALT = "catalog.product.read"
_WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that somebody else changed; ``verdict`` says what stands in the form now."""

    where: str
    what: str
    opened: str
    stored: str
    typed: str
    verdict: str


State = dict[str, dict[str, Any]]


def state_of(product: Product, product_form: type[forms.ModelForm], size_form: Any) -> State:  # type: ignore[type-arg]  # generic for the checker only
    """Return what the forms of ``product`` show: values as text, by ``whole`` and size id."""
    shown = product_form(instance=product)
    state: State = {_WHOLE: dict(_values(shown))}
    for size in product.variants.filter(archived_at=None):
        state[str(size.pk)] = dict(_values(size_form(instance=size)))
    return state


def _values(form: Any) -> Iterator[tuple[str, Any]]:
    for name in form.fields:
        if name in {"reason", "picture", "read_at", "read_state"}:
            continue
        yield (
            name,
            _plain(
                form.fields[name].prepare_value(form.get_initial_for_field(form.fields[name], name))
            ),
        )


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return str(value)


def seal(state: State) -> str:
    """Return ``state`` as the page carries it."""
    return signing.dumps(state, salt=_SALT, compress=True)


def unseal(text: str) -> State:
    """Return what `seal` was given, nothing for a text that is not ours."""
    try:
        found = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def merge(
    data: QueryDict,
    *,
    opened: State,
    stored: State,
    forms_of: Mapping[str, Any],
    names: Mapping[str, str],
) -> tuple[QueryDict, list[Difference]]:
    """Return the form's data with the other's changes taken over, and the list of these.

    ``forms_of`` gives for ``whole`` and each posted size id an unbound form with the prefix of its
    part of ``data``; ``names`` says what a size is called.
    """
    merged = data.copy()
    found: list[Difference] = []
    for key, form in forms_of.items():
        where = names.get(key, "")
        if key not in stored:
            found.append(Difference(where, "size", "on sale", "archived", "", "archived"))
            continue
        for name, theirs in stored[key].items():
            before = opened.get(key, {}).get(name, _UNKNOWN)
            found.extend(
                _merge_field(merged, form, name, before=before, theirs=theirs, where=where)
            )
    found.extend(
        Difference(names.get(key, ""), "size", "", "added", "", "added")
        for key in sorted(stored.keys() - opened.keys() - forms_of.keys())
    )
    return merged, found


_UNKNOWN = object()


def _merge_field(
    data: QueryDict, form: Any, name: str, *, before: Any, theirs: Any, where: str
) -> Iterable[Difference]:
    field = form.fields[name]
    key = form.add_prefix(name)
    typed = field.widget.value_from_datadict(data, {}, key)
    if before is not _UNKNOWN and before == theirs:
        return []
    if not _differs(field, theirs, typed):
        return []
    mine = before is _UNKNOWN or _differs(field, before, typed)
    if not mine:
        _put(data, key, field, theirs)
    opened = "" if before is _UNKNOWN else _said(field, before)
    verdict = "yours" if mine else "theirs"
    label = str(field.label or name.replace("_", " ").capitalize())
    return [Difference(where, label, opened, _said(field, theirs), _said(field, typed), verdict)]


def _differs(field: Any, initial: Any, typed: Any) -> bool:
    """Compare as Django does, with stored texts read by the field first."""
    if isinstance(initial, list) or isinstance(field, forms.ModelChoiceField):
        return bool(field.has_changed(initial, typed))
    if isinstance(typed, str):
        # Browsers send the line breaks of a text in two characters.
        initial, typed = str(initial or "").replace("\r\n", "\n"), typed.replace("\r\n", "\n")
    try:
        return bool(field.has_changed(field.to_python(initial), typed))
    except forms.ValidationError:
        return True


def _put(data: QueryDict, key: str, field: Any, value: Any) -> None:
    """Write ``value`` as a browser would send it."""
    if isinstance(field, forms.BooleanField):
        data.pop(key, None)
        if value:
            data[key] = "on"
    elif isinstance(value, list):
        data.setlist(key, value)
    else:
        data[key] = "" if value is None else value


def _said(field: Any, value: Any) -> str:
    """Return ``value`` as a person reads it on the page."""
    if isinstance(field, forms.BooleanField):
        return "yes" if value else "no"
    labels = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    if isinstance(value, list | tuple):
        return ", ".join(labels.get(str(item), str(item)) for item in value) or "none"
    return labels.get(str(value), "" if value is None else str(value)) or "empty"


def posted_sizes(data: QueryDict, prefix: str, form: type[forms.ModelForm]) -> dict[str, Any]:  # type: ignore[type-arg]  # as above
    """Return an unbound form for each stored size in ``data``, by its id."""
    try:
        count = int(data.get(f"{prefix}-INITIAL_FORMS", 0))
    except ValueError:
        return {}
    found = {}
    for number in range(min(count, 1000)):
        key = data.get(f"{prefix}-{number}-id", "")
        if key.isdecimal():
            found[key] = form(prefix=f"{prefix}-{number}")
    return found


def names_of(product: Product) -> dict[str, str]:
    """Return what each size is called, archived ones too."""
    rows = Variant.objects.filter(product=product).values_list("pk", "name", "sku")
    return {str(pk): f"{name} ({sku})" for pk, name, sku in rows}
