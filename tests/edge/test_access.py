"""Nobody may do anything that no rule allows."""

import pytest

pytestmark = [pytest.mark.urls("tests.edge.urls"), pytest.mark.django_db]
PERMISSION = "orders.cancel_order"


@pytest.fixture
def caller(web, make_user, pass_code, request):
    """Sign the web client in as one kind of person."""

    def become(kind):
        if kind == "anonymous":
            return web
        fields = {"is_staff": True} if kind != "customer" else {}
        permission = PERMISSION if kind in {"manager", "manager without code"} else None
        user = make_user(permission=permission, **fields)
        web.force_login(user)
        if kind in {"manager", "clerk"}:
            pass_code(web, user)
        return web

    return become


# A page sends to the log-in whom it would let in after one.
MATRIX = [
    ("anonymous", (200, 401, 401), ("open", "login", "login")),
    ("customer", (200, 200, 403), ("open", "open", "login")),
    ("manager without code", (200, 403, 403), ("open", "login", "login")),
    ("clerk", (200, 200, 403), ("open", "open", "refused")),
    ("manager", (200, 200, 200), ("open", "open", "open")),
]


@pytest.mark.parametrize(("kind", "api", "pages"), MATRIX, ids=[row[0] for row in MATRIX])
def test_rules_admit_whom_they_name(caller, kind, api, pages):
    client = caller(kind)
    for path, status in zip(("ping", "members", "managers"), api, strict=True):
        reply = client.get(f"/api/v1/{path}")
        assert reply.status_code == status, path
    for path, outcome in zip(("open", "members", "managers"), pages, strict=True):
        reply = client.get(f"/page/{path}?tab=1")
        assert seen(reply, path, kind) == outcome, path


def seen(reply, path, kind):
    if reply.status_code == 302:
        # Whom any account would do is led to the customers' door.
        is_customers = path == "members" and kind == "anonymous"
        door = "/account/login/" if is_customers else "/console/login/"
        assert reply["Location"].startswith(f"{door}?next=/page/{path}")
        assert "tab%3D1" in reply["Location"]
        return "login"
    return {200: "open", 403: "refused"}[reply.status_code]


@pytest.mark.parametrize("kind", ["anonymous", "customer", "manager"])
def test_what_has_no_rule_is_open_to_nobody(caller, kind):
    client = caller(kind)
    assert client.get("/api/v1/forgotten").status_code in {401, 403}
    page = client.get("/page/forgotten")
    assert page.status_code == 403
    assert "secret" not in page.content.decode()


def test_programs_get_a_status_instead_of_the_log_in_page(web):
    reply = web.get("/page/managers", headers={"Accept": "application/json"})
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "not_authenticated"


def test_a_disabled_account_is_nobody(caller, django_user_model):
    client = caller("manager")
    django_user_model.objects.update(is_active=False)
    assert client.get("/api/v1/managers").status_code == 401
    assert client.get("/page/managers").status_code == 302


def test_a_cookie_post_without_its_token_is_refused(make_user):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    reply = client.post("/api/v1/echo", {}, content_type="application/json")
    assert reply.status_code == 403


def test_the_console_keeps_its_own_guard(web, caller):
    assert web.get("/console/", follow=True).redirect_chain
    assert caller("manager").get("/console/").status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example"]
)
def test_foreign_origins_get_no_permission_to_read(web, origin):
    reply = web.get("/api/v1/ping", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in reply


def test_data_and_pages_carry_their_content_policy(web):
    assert web.get("/api/v1/ping")["Content-Security-Policy"].startswith(
        "default-src 'none'; frame"
    )
    policy = web.get("/page/open")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
