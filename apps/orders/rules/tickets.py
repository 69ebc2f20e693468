"""What tickets and labels say beside the order itself."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from apps.orders.states import Fulfilment, PrintMark
from bakery.kernel.wording import DEFAULT, FRENCH, language_of

# Of loose pieces that go into one bag or box there is one label; a cake has a box of its own.
MAX_LABELS = 200
_Key = tuple[str, str, str]
_CHANGES: dict[str, dict[str, str]] = {
    DEFAULT: {
        "moved": "Pickup is now {now}, was {was}",
        Fulfilment.PICKUP: "Now for pickup",
        Fulfilment.DELIVERY: "Now for delivery",
        "customer_note": "The customer's note changed",
        "note": "New note: {note}",
        "added": "Added: {count} x {good}",
        "removed": "Taken off: {count} x {good}",
        "quoted": " “{text}”",
        "of": "{good}: {what}",
        "counted": "{count} instead of {was}",
        "written": "the message is now “{now}”",
        "written_before": ", was “{was}”",
        "unwritten": "no message any more, was “{was}”",
    },
    FRENCH: {
        "moved": "La cueillette est maintenant {now}, était {was}",
        Fulfilment.PICKUP: "Maintenant à cueillir à la boutique",
        Fulfilment.DELIVERY: "Maintenant en livraison",
        "customer_note": "Votre remarque a changé",
        "note": "Nouvelle remarque\u00a0: {note}",
        "added": "Ajouté\u00a0: {count} x {good}",
        "removed": "Retiré\u00a0: {count} x {good}",
        "quoted": " «\u00a0{text}\u00a0»",
        "of": "{good}\u00a0: {what}",
        "counted": "{count} au lieu de {was}",
        "written": "le message est maintenant «\u00a0{now}\u00a0»",
        "written_before": ", était «\u00a0{was}\u00a0»",
        "unwritten": "plus de message, était «\u00a0{was}\u00a0»",
    },
}


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


def what_changed(
    before: Mapping[str, Any], after: Mapping[str, Any], language: str = DEFAULT
) -> list[str]:
    """Return in words what the kitchen must know of an edit: both are whole tickets.

    Lines are compared by name, size and message, so that a message that was written differently is
    told as such: a cake cannot be written twice. Customers read it in their ``language``.
    """
    words = _CHANGES[language_of(language)]
    told = [*_lines_changed(before["lines"], after["lines"], words)]
    if before["pickup_starts_at"] != after["pickup_starts_at"]:
        told.append(words["moved"].format(now=after["pickup_short"], was=before["pickup_short"]))
    if before.get("fulfilment", after["fulfilment"]) != after["fulfilment"]:
        told.append(words[after["fulfilment"]])
    if before.get("customer_note", "") != after["customer_note"]:
        told.append(words["customer_note"])
    told += [
        words["note"].format(note=note)
        for note in after["notes"]
        if note not in before.get("notes", ())
    ]
    return told


def _lines_changed(
    before: Iterable[Mapping[str, Any]],
    after: Iterable[Mapping[str, Any]],
    words: Mapping[str, str],
) -> Iterable[str]:
    old, new = _counted(before), _counted(after)
    gone = {key: old[key] for key in old if key not in new}
    come = {key: new[key] for key in new if key not in old}
    for key in list(gone):
        # The same thing with other words on it.
        same = next((new_key for new_key in come if new_key[:2] == key[:2]), None)
        if same is not None:
            yield _rewritten(key, same, gone.pop(key), come.pop(same), words)
    for name, found in (("added", come), ("removed", gone)):
        for key, count in found.items():
            quoted = words["quoted"].format(text=key[2]) if key[2] else ""
            yield words[name].format(count=count, good=_named(key)) + quoted
    for key, count in new.items():
        if key in old and old[key] != count:
            counted = words["counted"].format(count=count, was=old[key])
            yield words["of"].format(good=_named(key), what=counted)


def _rewritten(old: _Key, new: _Key, had: int, has: int, words: Mapping[str, str]) -> str:
    count = f"{words['counted'].format(count=has, was=had)}, " if had != has else ""
    if not new[2]:
        told = words["unwritten"].format(was=old[2])
    else:
        told = words["written"].format(now=new[2])
        told += words["written_before"].format(was=old[2]) if old[2] else ""
    return words["of"].format(good=_named(old), what=f"{count}{told}")


def _counted(lines: Iterable[Mapping[str, Any]]) -> Counter[_Key]:
    counted: Counter[_Key] = Counter()
    for line in lines:
        counted[line["name"], line["size"], line["message"]] += line["quantity"]
    return counted


def _named(key: _Key) -> str:
    return ", ".join(filter(None, key[:2]))
