"""Shared pages in a real browser."""

import pytest

from tests.catalog.test_browser import watched_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_api_documentation_draws_itself_within_the_content_policy(browser, live_server):
    page, wrong = watched_page(browser, width=1280, height=900)
    page.goto(f"{live_server.url}/api/docs/")
    page.locator("#operations-tag-orders button").first.click()
    page.get_by_text("/api/v1/orders", exact=True).first.wait_for()
    assert wrong == []
