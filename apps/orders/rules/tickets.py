"""What tickets and labels say beside the order itself."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from apps.orders.states import PrintMark

# Of loose pieces that go into one bag or box there is one label; a cake has a box of its own.
MAX_LABELS = 200
_Key = tuple[str, str, str]


def mark_of(revision: int, printed: Collection[int]) -> PrintMark:
    """Return how a print of ``revision`` is marked when those of ``printed`` exist already."""
    if not printed:
        return PrintMark.FIRST
    return PrintMark.REPRINT if revision in printed else PrintMark.CHANGED


def allergen_text(allergens: Mapping[str, Any] | None) -> str:
    """Return in words what was known of a line's allergens when it was sold."""
    if allergens is None:
        return "Allergens not known: ask"
    heads = (("contains", "Contains"), ("may_contain", "May contain"), ("unknown", "NOT KNOWN"))
    told = [
        f"{head}: {', '.join(word.replace('_', ' ') for word in allergens[name])}"
        for name, head in heads
        if allergens.get(name)
    ]
    return ". ".join(told) or "No allergens listed"


def label_count(*, is_cake: bool, quantity: int) -> int:
    """Return how many boxes of a line need a label."""
    return quantity if is_cake else 1


def what_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return in words what the kitchen must know of an edit: both are whole tickets.

    Lines are compared by name, size and message, so that a message that was written differently is
    told as such: a cake cannot be written twice.
    """
    told = [*_lines_changed(before["lines"], after["lines"])]
    if before["pickup_starts_at"] != after["pickup_starts_at"]:
        told.append(f"Pickup is now {after['pickup_short']}, was {before['pickup_short']}")
    if before.get("fulfilment", after["fulfilment"]) != after["fulfilment"]:
        told.append(f"Now for {after['fulfilment']}")
    if before.get("customer_note", "") != after["customer_note"]:
        told.append("The customer's note changed")
    told += [f"New note: {note}" for note in after["notes"] if note not in before.get("notes", ())]
    return told


def _lines_changed(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> Iterable[str]:
    old, new = _counted(before), _counted(after)
    gone = {key: old[key] for key in old if key not in new}
    come = {key: new[key] for key in new if key not in old}
    for key in list(gone):
        # The same thing with other words on it.
        same = next((new_key for new_key in come if new_key[:2] == key[:2]), None)
        if same is not None:
            yield _rewritten(key, same, gone.pop(key), come.pop(same))
    for key, count in come.items():
        yield f"Added: {count} x {_named(key)}" + (f" “{key[2]}”" if key[2] else "")
    for key, count in gone.items():
        yield f"Taken off: {count} x {_named(key)}" + (f" “{key[2]}”" if key[2] else "")
    for key, count in new.items():
        if key in old and old[key] != count:
            yield f"{_named(key)}: {count} instead of {old[key]}"


def _rewritten(old: _Key, new: _Key, had: int, has: int) -> str:
    count = f"{has} instead of {had}, " if had != has else ""
    if not new[2]:
        return f"{_named(old)}: {count}no message any more, was “{old[2]}”"
    was = f", was “{old[2]}”" if old[2] else ""
    return f"{_named(old)}: {count}the message is now “{new[2]}”{was}"


def _counted(lines: Iterable[Mapping[str, Any]]) -> Counter[_Key]:
    counted: Counter[_Key] = Counter()
    for line in lines:
        counted[line["name"], line["size"], line["message"]] += line["quantity"]
    return counted


def _named(key: _Key) -> str:
    return ", ".join(filter(None, key[:2]))
