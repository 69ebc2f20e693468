"""What other sites and forged headers achieve: nothing (X5, X6); and the console in a browser."""

import pytest
from django.test import Client

from apps.accounts.models import User
from tests.accounts import people

ME = "/api/v1/me"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "https://shop.example.evil.example", "http://127.0.0.1"],
)
@pytest.mark.django_db
def test_other_origins_read_nothing(settings, origin):
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    # As the settings do when they are read with an allowed origin in the environment.
    cors = "corsheaders.middleware.CorsMiddleware"
    settings.MIDDLEWARE = [cors, *(name for name in settings.MIDDLEWARE if name != cors)]
    window = people.browser(people.customer())
    for method in ("get", "options"):
        reply = getattr(window, method)(
            ME, HTTP_ORIGIN=origin, HTTP_ACCESS_CONTROL_REQUEST_METHOD="GET"
        )
        assert "Access-Control-Allow-Origin" not in reply.headers
        assert "Access-Control-Allow-Credentials" not in reply.headers
    allowed = window.get(ME, HTTP_ORIGIN="https://shop.example")
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Credentials" not in allowed.headers


@pytest.mark.django_db
def test_a_session_writes_only_with_its_csrf_token():
    user = people.customer()
    window = Client(enforce_csrf_checks=True)
    window.force_login(user)

    def patch(**headers):
        return window.patch(
            ME, {"full_name": "Changed"}, content_type="application/json", **headers
        )

    refused = patch()
    assert refused.status_code == 403
    assert refused.json()["error"]["code"]
    assert User.objects.get().full_name == "Ada Baker"
    window.get("/console/login/")
    token = window.cookies["csrftoken"].value
    assert patch(HTTP_X_CSRFTOKEN="x" * 32).status_code == 403
    assert patch(HTTP_X_CSRFTOKEN=token).status_code == 200
    foreign = patch(HTTP_X_CSRFTOKEN=token, HTTP_ORIGIN="https://evil.example")
    assert foreign.status_code == 403


@pytest.mark.django_db
def test_a_bearer_token_needs_no_csrf_token():
    access = people.log_in(people.customer()).access
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {access}"})
    body = {"full_name": "Changed"}
    assert client.patch(ME, body, content_type="application/json").status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer a b", "Bearer \x00", "Basic YTpi", "bearer x", "Bearer é", ""]
)
@pytest.mark.django_db
def test_odd_authorization_headers_are_401(header):
    assert people.api().get(ME, HTTP_AUTHORIZATION=header).status_code == 401


@pytest.mark.django_db
def test_stale_credentials_do_not_stand_in_the_way_of_new_ones():
    user = people.customer()
    client = people.api("stale")
    body = {"email": user.email, "password": people.PASSWORD}
    assert client.post("/api/v1/auth/token", body).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", ""])
@pytest.mark.django_db
def test_forged_hosts_are_400(client, host):
    for path in ("/console/login/", "/account/reset/", "/api/v1/products"):
        assert client.get(path, HTTP_HOST=host or "x y").status_code == 400
    reply = client.get("/console/login/", HTTP_X_FORWARDED_HOST="evil.example")
    assert b"evil.example" not in reply.content


@pytest.mark.django_db
def test_tokens_are_never_cached():
    user = people.customer()
    reply = people.api().post(
        "/api/v1/auth/token", {"email": user.email, "password": people.PASSWORD}
    )
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_first_log_in_of_staff_in_a_browser(live_server, browser):
    cook = people.staff("administrator", device=False)
    page = browser.new_page()
    trouble: list[str] = []
    page.on(
        "console", lambda message: trouble.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: trouble.append(str(error)))

    page.goto(f"{live_server.url}/console/")
    page.get_by_label("E-mail").fill(cook.email)
    page.get_by_label("Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    picture = page.get_by_alt_text("QR code for your authenticator app")
    assert picture.evaluate("image => image.naturalWidth") > 100
    page.get_by_label("Code").fill(people.code(cook))
    page.get_by_role("button", name="Confirm").click()
    assert page.locator("code").count() == 10
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_text("Bakery console").first.wait_for()
    page.goto(f"{live_server.url}/console/accounts/user/{cook.pk}/change/")
    page.get_by_role("link", name="Disable").click()
    page.get_by_label("Reason").fill("trying")
    page.goto(f"{live_server.url}/console/kernel/auditentry/")
    page.get_by_role("button", name="Verify the chain").click()
    page.get_by_text("The chain holds").wait_for()
    page.get_by_role("button", name="Log out").click()
    page.get_by_text("You are logged out").wait_for()
    assert trouble == []
