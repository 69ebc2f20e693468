"""Callers of the catalog."""

import pytest

from tests.accounts import people


@pytest.fixture
def manager_api(db):
    """The staff API, as a manager."""
    return people.api(people.log_in(people.staff("manager")).access)


@pytest.fixture
def console(db):
    """The console, as a manager with a second factor."""
    return people.browser(people.staff("manager"), verified=True)


@pytest.fixture
def storage(settings, tmp_path):
    """Public and private files in folders of this test alone."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    private = dict(settings.STORAGES["private"]["OPTIONS"], location=str(tmp_path / "private"))
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {**settings.STORAGES["private"], "OPTIONS": private},
    }
