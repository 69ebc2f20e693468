"""The form and the page of a request, as a browser without scripts uses them."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.custom_cakes import selectors
from apps.custom_cakes.models import CakeRequest
from apps.custom_cakes.states import OptionKind
from bakery.kernel import clock
from tests.custom_cakes.factories import make_options
from tests.orders.factories import make_slot, on_open_day

pytestmark = pytest.mark.django_db
FORM = "/custom-cakes/"


def typed(**values) -> dict:
    """Return what a browser sends of a filled form."""
    chosen = make_options()
    wanted = clock.shop_date(on_open_day(30))
    make_slot(clock.start_of_shop_day(wanted) + timedelta(hours=11))
    return {
        "key": str(uuid4()),
        "tiers.0.shape": "round",
        "tiers.0.length_in": "10",
        "tiers.0.width_in": "",
        "tiers.0.height_in": "4",
        "tiers.0.layers": "2",
        "tiers.0.flavour_id": str(chosen[OptionKind.FLAVOUR].pk),
        "tiers.0.filling_id": "",
        "finish_id": str(chosen[OptionKind.FINISH].pk),
        f"decorations.{chosen[OptionKind.DECORATION].pk}": "3",
        "colours": "sage",
        "event_type": "birthday",
        "style": "party",
        "guests": "20",
        "wanted_on": wanted.isoformat(),
        "fulfilment": "pickup",
        "budget": "250",
        "inscription": "Zoë",
        "words": "With a fox.",
        "name": "Ada Byron",
        "email": "ada@example.com",
        "language": "fr",
        "do": "submit",
        **values,
    }


def test_the_form_is_sent_and_leads_to_the_request(client):
    page = client.get(FORM)
    assert page.status_code == 200
    data = typed()
    sent = client.post(FORM, data)
    assert sent.status_code == 303, re.findall(
        r'class="errors"[^>]*>([^<]+)', sent.content.decode()
    )
    made = CakeRequest.objects.get()
    assert sent["Location"] == selectors.path_of(made)
    shown = client.get(sent["Location"]).content.decode()
    assert made.number in shown
    assert "Waiting for our review" in shown
    assert "ada@example.com" not in shown
    again = client.post(FORM, data)
    assert again["Location"] == sent["Location"]
    assert CakeRequest.objects.count() == 1
