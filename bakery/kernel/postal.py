"""Postcodes of Canada, the United States and the United Kingdom, written in one way.

Shapes: Canada Post "A1A 1A1" (no D, F, I, O, Q, U; no W, Z in front); USPS ZIP and ZIP+4; Royal
Mail's outward and inward code (Appendix C of the bulk data transfer guide, GIR 0AA aside). Of other
countries only the characters are checked.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from bakery.kernel.errors import Invalid

_CA = "ABCEGHJ-NPRSTVXY", "ABCEGHJ-NPRSTV-Z"
_FULL = {
    "CA": re.compile(rf"([{_CA[0]}]\d[{_CA[1]}])(\d[{_CA[1]}]\d)"),
    "US": re.compile(r"(\d{5})(\d{4})?"),
    "GB": re.compile(r"([A-PR-UWYZ][A-HK-Y]?\d(?:\d|[A-Z])?)(\d[ABD-HJLNP-UW-Z]{2})"),
}
_JOINED = {"CA": " ", "US": "-", "GB": " "}
_OTHER = re.compile(r"[A-Z0-9][A-Z0-9 -]{0,10}[A-Z0-9]")
_COUNTRY = re.compile(r"[A-Z]{2}")
_EXAMPLES = {"CA": "M5V 3A8", "US": "94107 or 94107-1234", "GB": "SW1A 1AA"}
# A beginning of a Canadian code, and an area, district or sector of the United Kingdom.
_CA_PART = re.compile(
    rf"[{_CA[0]}](\d([{_CA[1]}](\d([{_CA[1]}]\d?)?)?)?)?",
)
_GB_PART = re.compile(r"[A-PR-UWYZ][A-HK-Y]?(\d(\d|[A-Z])?( \d)?)?")
# What an address is made of, with the longest text each part may be; the first five
# must be there.
LONGEST: Mapping[str, int] = MappingProxyType(
    {
        "recipient": 200,
        "line1": 200,
        "city": 100,
        "postcode": 12,
        "country": 2,
        "line2": 200,
        "region": 100,
        "instructions": 500,
    }
)
_WORDS = {
    "recipient": "name",
    "line1": "street and number",
    "city": "city",
    "postcode": "postcode",
    "country": "country",
}


def normal_country(text: str) -> str:
    """Return the ISO 3166 code, "GB" for "UK"; raise `Invalid` ``bad_country``."""
    code = text.strip().upper()
    code = "GB" if code == "UK" else code
    if not _COUNTRY.fullmatch(code):
        raise Invalid("bad_country", "A country is two letters, such as CA.")
    return code


def normal_postcode(text: str, *, country: str) -> str:
    """Return a full postcode as its post writes it, such as "M5V 3A8".

    ``country`` is as `normal_country` returns it. Raises `Invalid` ``bad_postcode``.
    """
    shape = _FULL.get(country)
    squeezed = " ".join(text.upper().split())
    if shape is None:
        if _OTHER.fullmatch(squeezed):
            return squeezed
        raise Invalid("bad_postcode", "This is not a postcode.")
    match = shape.fullmatch(re.sub(r"[ -]", "", squeezed))
    if match is None or not squeezed.isascii():
        raise Invalid("bad_postcode", f"Write the postcode like {_EXAMPLES[country]}.")
    return _JOINED[country].join(filter(None, match.groups()))


def normal_part(text: str, *, country: str) -> str:
    """Return a postcode or the beginning of one, as `starts_with` compares it.

    In the United Kingdom it is an area ("SW"), a district ("SW1", "N1"), a sector, written with its
    space ("N1 9"), or a full code. Raises `Invalid` ``bad_postcode``.
    """
    try:
        return normal_postcode(text, country=country)
    except Invalid:
        pass
    squeezed = " ".join(text.upper().split()) if text.isascii() else ""
    if country == "CA":
        squeezed = squeezed.replace(" ", "")
        if _CA_PART.fullmatch(squeezed):
            return f"{squeezed[:3]} {squeezed[3:]}" if len(squeezed) > 3 else squeezed
    if country == "US" and re.fullmatch(r"[0-9]{1,5}", squeezed):
        return squeezed
    if country == "GB" and _GB_PART.fullmatch(squeezed):
        return squeezed
    if country not in _FULL and re.fullmatch(r"[A-Z0-9]", squeezed):
        return squeezed
    raise Invalid("bad_postcode", f"{text[:20]!r} is not a postcode, nor the beginning of one.")


def starts_with(postcode: str, part: str, *, country: str) -> bool:
    """Tell whether ``postcode`` lies in ``part``; both are normal.

    Everywhere but in the United Kingdom that is a matter of letters. There "N1" is not N10's
    beginning, nor "E" that of EC1: a number, and the letters before it, count as a whole. "SW1"
    does hold SW1A, which is a part of it.
    """
    if not postcode.startswith(part):
        return False
    rest = postcode[len(part) :]
    if country != "GB" or not rest or " " in part:
        return True
    last, following = part[-1], rest[0]
    return not (
        (last.isdigit() and following.isdigit()) or (last.isalpha() and following.isalpha())
    )


def parts_of(postcode: str, *, country: str) -> list[str]:
    """Return what a table of places may know ``postcode`` by, the most precise first.

    Canadian tables often have its first three characters alone, those of the United Kingdom its
    sector or district, and none has ZIP+4.
    """
    head, _, tail = postcode.partition(_JOINED.get(country, " "))
    if country == "GB" and tail:
        return [postcode, f"{head} {tail[0]}", head]
    return list(dict.fromkeys([postcode, head]))


def clean_address(parts: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of `LONGEST`, trimmed and checked, those not given as empty texts.

    Raises `Invalid` with ``details.field``: ``address_incomplete``, ``address_too_long``,
    ``bad_address``, ``bad_country``, ``bad_postcode``.
    """
    texts = {name: " ".join(str(parts.get(name) or "").split()) for name in LONGEST}
    for name, text in texts.items():
        if name in _WORDS and not text:
            raise _wrong("address_incomplete", f"The {_WORDS[name]} is missing.", name)
        if len(text) > LONGEST[name] and name not in {"postcode", "country"}:
            raise _wrong("address_too_long", f"At most {LONGEST[name]} characters.", name)
        if not text.isprintable():
            raise _wrong("bad_address", "There are characters in it that cannot be printed.", name)
    for name in ("country", "postcode"):
        try:
            texts[name] = (
                normal_country(texts[name])
                if name == "country"
                else normal_postcode(texts[name], country=texts["country"])
            )
        except Invalid as error:
            raise _wrong(error.code, error.message, name) from error
    return texts


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})
