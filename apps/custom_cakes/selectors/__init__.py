"""Reads of custom cakes: what can be chosen, requests, and what staff decide from."""

from apps.custom_cakes.rules.facts import DesignFacts
from apps.custom_cakes.selectors.facts import diff_of, facts_of, servings_by_chart
from apps.custom_cakes.selectors.mine import MyRequest, guest_requests, requests_of
from apps.custom_cakes.selectors.options import (
    OptionFood,
    all_options,
    choices_of,
    foods_of,
    one_option,
    options,
    options_with_food,
)
from apps.custom_cakes.selectors.requests import (
    OfferRow,
    PhotoRow,
    RequestPage,
    path_of,
    photo_rows,
    request_by_token,
    request_page,
    typed_of,
)

__all__ = [
    "DesignFacts",
    "MyRequest",
    "OfferRow",
    "OptionFood",
    "PhotoRow",
    "RequestPage",
    "all_options",
    "choices_of",
    "diff_of",
    "facts_of",
    "foods_of",
    "guest_requests",
    "one_option",
    "options",
    "options_with_food",
    "path_of",
    "photo_rows",
    "request_by_token",
    "request_page",
    "requests_of",
    "servings_by_chart",
    "typed_of",
]
