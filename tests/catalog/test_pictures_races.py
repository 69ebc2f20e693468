"""Two members of staff at the pictures of one product."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection

from apps.catalog import services
from apps.catalog.models import Picture, Product
from apps.catalog.rules.renditions import main_key
from apps.catalog.services import gallery
from apps.catalog.services import pictures as taking_in
from bakery.kernel.errors import DomainError
from tests.catalog.factories import AT, make_product
from tests.catalog.pictures import files, picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]


def _two_at_once(product_id, monkeypatch, *, meet_at: str) -> list[str]:
    """Add two pictures; both have reached ``gallery.<meet_at>`` before either goes on."""
    both = threading.Barrier(2, timeout=60)
    real, results = getattr(gallery, meet_at), []

    def together(*arguments, **named):
        both.wait()
        return real(*arguments, **named)

    def add(size):
        try:
            data = picture(size=(size, 40))
            services.add_picture(product_id=product_id, data=data, is_main=True, at=AT)
            results.append("taken")
        except DomainError as error:
            results.append(error.code)
        finally:
            connection.close()

    monkeypatch.setattr(gallery, meet_at, together)
    threads = [threading.Thread(target=add, args=(size,)) for size in (50, 60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(results)


@contextmanager
def _nobody_waits(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(gallery, "lock_product", lambda product_id: None)
        yield


def test_the_limit_holds_and_the_loser_leaves_no_file(monkeypatch):
    product = make_product()
    monkeypatch.setattr(taking_in, "MAX_PICTURES", 1)
    results = _two_at_once(product.pk, monkeypatch, meet_at="lock_product")
    assert results == ["taken", "too_many_pictures"]
    assert len(files()) == 3
    shown = Product.objects.get().image.name
    assert shown == main_key(Picture.objects.get().shown_renditions)


@pytest.mark.control
def test_control_without_the_lock_both_are_within_the_limit(monkeypatch):
    product = make_product()
    monkeypatch.setattr(taking_in, "MAX_PICTURES", 1)
    with _nobody_waits(monkeypatch):
        results = _two_at_once(product.pk, monkeypatch, meet_at="make_room")
    assert results == ["taken", "taken"]
