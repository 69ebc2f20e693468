"""Callers of descriptions."""

import pytest

from tests.accounts import people


@pytest.fixture
def manager_api(db):
    """The staff API, as a manager."""
    return people.api(people.log_in(people.staff("manager")).access)


@pytest.fixture
def decorator_api(db):
    """The staff API, as somebody who may not publish texts."""
    return people.api(people.log_in(people.staff("decorator")).access)


@pytest.fixture
def console(db):
    """The console, as a manager with a second factor."""
    return people.browser(people.staff("manager"), verified=True)
