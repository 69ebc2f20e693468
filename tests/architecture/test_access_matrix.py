"""Who may call what: every address with every kind of caller (O5, A9).

The addresses come from the URLconf. Each must be classified in `access_rules.RULES` (the console's
own under `console/` are classified as a whole), so a new route fails here until somebody has
decided whom it admits. The permission that a view names must be the one written there.
"""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils.regex_helper import normalize

from apps.accounts.adapters.signing import sign_access
from apps.accounts.models import RefreshFamily, User
from apps.accounts.rules import ROLE_PERMISSIONS, STAFF_ROLES
from bakery.edge.access import Nobody, rule_of
from bakery.edge.console import ConsoleSite
from bakery.kernel import clock
from tests.accounts import people
from tests.architecture.access_rules import ANYONE, RULES, SIGNED_IN, STAFF, TILL, WRITES

CONSOLE = re.compile(r"^console/")
OF_ONE_RECORD = re.compile(r"^console/\w+/\w+/<path:object_id>/")
ARGUMENTS = {
    "int": "999999", "uuid": str(uuid4()), "slug": "disable", "str": "x", "path": "999999",
    "user_action": "disable",
}  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")
# Roles that hold the same permissions are one to every rule: one of them stands for all.
DISTINCT_ROLES = tuple({ROLE_PERMISSIONS[role]: role for role in STAFF_ROLES}.values())


@dataclass(frozen=True)
class Route:
    """One address: its pattern, a path that matches it, and what answers there."""

    pattern: str
    path: str
    view: Any


def _walk(patterns: list[Any], prefix: str = "") -> list[tuple[str, URLPattern]]:
    found: list[tuple[str, URLPattern]] = []
    for entry in patterns:
        full = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += _walk(entry.url_patterns, full)
        else:
            found.append((full, entry))
    return found


def _example(pattern: str) -> str:
    if "(?P" in pattern:
        template, names = normalize(pattern)[0]
        return template % {name: {"app_label": "accounts"}.get(name, "nowhere") for name in names}
    return re.sub(r"<(?:(\w+):)?\w+>", lambda match: ARGUMENTS[match[1] or "str"], pattern)


def routes() -> list[Route]:
    """Every address that can be reached; one behind another with the same path cannot."""
    found: dict[str, Route] = {}
    for pattern, entry in _walk(get_resolver().url_patterns):
        found.setdefault(pattern, Route(pattern, "/" + _example(pattern), entry.callback))
    return list(found.values())


ROUTES = {route.pattern: route for route in routes()}
LISTED = [route for route in ROUTES.values() if route.pattern in RULES]
CONSOLE_ROUTES = [
    route
    for route in ROUTES.values()
    if CONSOLE.match(route.pattern) and route.pattern not in RULES
]


def _kind(route: Route) -> str:
    return RULES[route.pattern].partition(":")[0]


def _of_kind(kind: str) -> list[Route]:
    return [route for route in LISTED if _kind(route) == kind]


# --- without a request --------------------------------------------------------------------------


def test_every_route_is_classified():
    unknown = [route.pattern for route in ROUTES.values() if route not in LISTED + CONSOLE_ROUTES]
    assert unknown == [], "decide whom these admit and write it into RULES"


def test_no_rule_is_left_over():
    assert sorted(set(RULES) - set(ROUTES)) == []


def test_every_view_has_the_rule_that_is_written_here():
    wrong = {
        route.pattern: rule_of(route.view)
        for route in LISTED
        if rule_of(route.view) != _kind(route)
    }
    assert wrong == {}
    assert [route.pattern for route in CONSOLE_ROUTES if rule_of(route.view) != "console"] == []


def _permission(view: Any) -> str:
    if rule := getattr(view, "access", None):
        return rule.permission
    view_class = getattr(view, "cls", None) or view.view_class
    return view_class.permission_classes[0].permission


def test_every_staff_view_names_the_permission_that_is_written_here():
    named = {route.pattern: f"staff:{_permission(route.view)}" for route in _of_kind(STAFF)}
    assert named == {pattern: RULES[pattern] for pattern in named}


def test_examples_reach_the_view_they_are_made_for():
    astray = [route.pattern for route in LISTED if resolve(route.path).route != route.pattern]
    assert astray == []


@pytest.mark.control
def test_control_a_view_without_a_rule_is_seen():
    def bare(request):
        return None

    assert rule_of(bare) is None

    class View:
        permission_classes = [Nobody]

    bare.cls = View
    assert rule_of(bare) not in (ANYONE, SIGNED_IN, STAFF, "console")


# --- with requests ------------------------------------------------------------------------------


def _token_client(user: User, *, otp: bool) -> Any:
    """An API client with a genuine signature; ``otp=False`` is what must never be minted."""
    at = clock.now()
    family = RefreshFamily.objects.create(user=user, created_at=at, otp_at=at if otp else None)
    access = sign_access(
        user_id=user.pk,
        token_version=user.token_version,
        family=family.pk,
        otp_at=family.otp_at,
        at=at,
    )
    return people.api(access)


def _customers() -> dict[str, Any]:
    one, two = people.customer("one@example.com"), people.customer("two@example.com")
    return {
        "customer, browser": people.browser(one),
        "another customer, token": _token_client(two, otp=False),
    }


def _staff_without_code(role: str) -> dict[str, Any]:
    user = people.staff(role, email=f"bare-{role}@bakery.example")
    return {
        f"{role} without code, browser": people.browser(user),
        f"{role} without code, token": _token_client(user, otp=False),
    }


def _call(client: Any, route: Route, method: str) -> Any:
    client.raise_request_exception = False
    return getattr(client, method)(route.path, {} if method != "get" else None)


def _methods(route: Route) -> list[str]:
    allowed = getattr(getattr(route.view, "cls", None), "http_method_names", None)
    view_class = getattr(route.view, "cls", None)
    if view_class is None:
        return ["get", "post"]
    return [name for name in METHODS if name in allowed and hasattr(view_class, name)]


def _is_refused(response: Any) -> bool:
    """Refused, and before anything was looked up: not even that something does not exist."""
    if response.status_code in (301, 302):
        return response.url.startswith(("/console/login/?next=", "/account/login/?next="))
    return response.status_code in (401, 403, 405)


def _asked(name: str, route: Route, *, every_method: bool) -> list[str]:
    """The methods to ask of a route: all of them where callers of this kind usually come.

    Sessions are for pages and tokens for the API; at the other's addresses the first method shows
    whether they count there.
    """
    is_api = route.path.startswith("/api/")
    usual = not name.endswith("browser" if is_api else "token")
    return _methods(route)[: None if every_method and usual else 1]


def _let_in(
    clients: dict[str, Any], chosen: list[Route], *, every_method: bool = True
) -> list[str]:
    return [
        f"{name}: {method.upper()} {route.pattern} -> {response.status_code}"
        for name, client in clients.items()
        for route in chosen
        for method in _asked(name, route, every_method=every_method)
        if not _is_refused(response := _call(client, route, method))
    ]


@pytest.fixture
def _open_limits(settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/minute")


@pytest.mark.usefixtures("db", "_open_limits")
def test_staff_routes_refuse_strangers_and_customers():
    assert _let_in({"anonymous": people.api(), **_customers()}, _of_kind(STAFF)) == []


def _holds(role: str, rule: str) -> bool:
    permission = rule.partition(":")[2]
    return not permission or permission in ROLE_PERMISSIONS[role]


@pytest.mark.parametrize("role", STAFF_ROLES)
@pytest.mark.usefixtures("db", "_open_limits")
def test_staff_routes_refuse_staff_without_a_code(role):
    """Every method to the administrator, who holds all permissions.

    The others are asked about what their permissions would open: the rest refuses them anyway.
    """
    every = role == "administrator"
    chosen = [route for route in _of_kind(STAFF) if every or _holds(role, RULES[route.pattern])]
    chosen += _of_kind(SIGNED_IN) if every else []
    assert _let_in(_staff_without_code(role), chosen, every_method=every) == []


def _is_asked_to_enter(role: str, permission: str) -> bool:
    """The administrator, who holds all, and of the others whoever holds least beside this one."""
    holders = [role for role in DISTINCT_ROLES if _holds(role, f":{permission}")]
    return role in ("administrator", min(holders, key=lambda each: len(ROLE_PERMISSIONS[each])))


@pytest.mark.parametrize("role", DISTINCT_ROLES)
@pytest.mark.usefixtures("db", "_open_limits")
def test_staff_routes_admit_the_roles_that_hold_the_permission(role):
    user = people.staff(role)
    token, page = _token_client(user, otp=True), people.browser(user, verified=True)
    wrong = []
    for route in _of_kind(STAFF):
        reading = RULES[route.pattern].partition(":")[2]
        for method in _methods(route):
            permission = reading if method == "get" else WRITES.get(route.pattern, reading)
            may = _holds(role, f":{permission}")
            if may and not _is_asked_to_enter(role, permission):
                continue
            response = _call(token if route.path.startswith("/api/") else page, route, method)
            refused = response.status_code != 405 and _is_refused(response)
            if response.status_code >= 500 or may == refused:
                wrong.append(f"{method.upper()} {route.pattern} -> {response.status_code}")
            if settings.SESSION_COOKIE_NAME in response.cookies:
                # Some pages end the session or change it: the next one has a browser of its own.
                user.refresh_from_db()
                page = people.browser(user, verified=True)
    assert wrong == []


@pytest.mark.usefixtures("db", "_open_limits")
def test_routes_for_the_signed_in_refuse_strangers():
    assert _let_in({"anonymous": people.api()}, _of_kind(SIGNED_IN)) == []


@pytest.mark.usefixtures("db", "_open_limits")
def test_routes_for_the_signed_in_admit_customers():
    wrong = []
    for route in _of_kind(SIGNED_IN):
        for method in _methods(route):
            user = people.customer(f"{uuid4()}@example.com")
            is_page = not route.path.startswith("/api/")
            client = people.browser(user) if is_page else _token_client(user, otp=False)
            response = _call(client, route, method)
            refused = response.status_code != 405 and _is_refused(response)
            if response.status_code >= 500 or refused:
                wrong.append(f"{method.upper()} {route.pattern} -> {response.status_code}")
    assert wrong == []


@pytest.mark.usefixtures("db", "_open_limits")
def test_open_routes_never_break_and_never_ask_who_calls():
    clients = {"anonymous": people.api(), **_customers()}
    # A wrong signature is refused by the webhook itself; a page may be gone, a body wrong; and
    # readiness reports the state of others. The schema is dear to make and asks for nobody.
    asked_once = {"readyz", "api/schema/"}
    wrong = [
        f"{name}: {method.upper()} {route.pattern} -> {response.status_code}"
        for name, client in clients.items()
        for route in _of_kind(ANYONE)
        if route.pattern not in asked_once or (name == "anonymous" and route.pattern != "readyz")
        for method in _asked(name, route, every_method=True)
        if (response := _call(client, route, method)).status_code >= 500
        or response.status_code == 401
    ]
    assert wrong == []


@pytest.mark.usefixtures("db", "_open_limits")
def test_routes_for_tills_refuse_everybody_without_a_signature():
    manager = people.staff("manager")
    clients = {
        "anonymous": people.api(),
        **_customers(),
        "manager, token": _token_client(manager, otp=True),
        "manager, browser": people.browser(manager, verified=True),
    }
    assert _let_in(clients, _of_kind(TILL)) == []


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.usefixtures("db", "_open_limits")
def test_the_console_refuses_all_without_a_code(method):
    """Every page and every change to whoever may most; to others all but single records' pages."""
    clients = {"administrator": people.browser(people.staff("administrator"))}
    if method == "get":
        clients |= {
            "anonymous": people.browser(),
            "customer": people.browser(people.customer()),
        }
    let_in = [
        f"{name}: {route.pattern} -> {response.status_code}"
        for name, client in clients.items()
        for route in CONSOLE_ROUTES
        if name == "administrator" or not OF_ONE_RECORD.match(route.pattern)
        if not _is_refused(response := _call(client, route, method))
    ]
    assert let_in == []


@pytest.mark.usefixtures("db", "_open_limits")
def test_the_consoles_lists_refuse_every_role_without_a_code():
    """What the administrator is refused, whose permissions include all others', on every page."""
    assert all(held <= ROLE_PERMISSIONS["administrator"] for held in ROLE_PERMISSIONS.values())
    lists = [route for route in CONSOLE_ROUTES if re.fullmatch(r"console/\w+/\w+/", route.pattern)]
    let_in = [
        f"{role}: {route.pattern} -> {response.status_code}"
        for role in DISTINCT_ROLES
        if role != "administrator"
        for client in [people.browser(people.staff(role))]
        for route in lists
        if not _is_refused(response := _call(client, route, "get"))
    ]
    assert let_in == []


@pytest.mark.usefixtures("db", "_open_limits")
def test_the_console_does_not_take_tokens():
    client = _token_client(people.staff("administrator"), otp=True)
    assert all(_is_refused(_call(client, route, "get")) for route in CONSOLE_ROUTES)


def _list_apps_once(patch: pytest.MonkeyPatch) -> None:
    """Make the list of apps, which stands beside every page, once for a caller.

    Nor is it drawn there any more: that takes longer than the pages themselves.
    """
    make, made = ConsoleSite.get_app_list, {}

    def listed(site: ConsoleSite, request: Any, app_label: str | None = None) -> Any:
        key = (request.user.pk, app_label)
        if key not in made:
            made[key] = make(site, request, app_label)
        return made[key]

    patch.setattr(ConsoleSite, "get_app_list", listed)
    patch.setattr(ConsoleSite, "enable_nav_sidebar", False)


@pytest.mark.parametrize("role", DISTINCT_ROLES)
@pytest.mark.usefixtures("db", "_open_limits")
def test_the_console_works_for_staff_with_a_code(role, monkeypatch):
    """No page breaks; and a page of a model opens only for roles that may see the model.

    The pages of one record, here of a record that is not there, are asked for by the administrator
    alone, whose permissions include all others'.
    """
    client = people.browser(people.staff(role), verified=True)
    wrong, is_listed = [], False
    for route in CONSOLE_ROUTES:
        if role != "administrator" and OF_ONE_RECORD.match(route.pattern):
            continue
        response = _call(client, route, "get")
        if not is_listed and b'id="nav-sidebar"' in getattr(response, "content", b""):
            is_listed = True
            _list_apps_once(monkeypatch)
        if response.status_code >= 500 or _is_login(response):
            wrong.append(f"{route.pattern} -> {response.status_code}")
        model = re.fullmatch(r"console/(\w+)/(\w+)/", route.pattern)
        if model and model[1] != "password_change":
            app, name = model.groups()
            held = {f"{app}.{verb}_{name}" for verb in ("view", "change")} & ROLE_PERMISSIONS[role]
            if bool(held) != (response.status_code == 200):
                wrong.append(
                    f"{route.pattern} -> {response.status_code}, holds {held or 'nothing'}"
                )
    assert wrong == []
    assert is_listed


def _is_login(response: Any) -> bool:
    return response.status_code in (301, 302) and response.url.startswith("/console/login/")


@pytest.mark.control
@pytest.mark.usefixtures("db", "_open_limits")
def test_control_without_the_second_factor_rule_password_only_staff_get_in(monkeypatch):
    monkeypatch.setattr("bakery.edge.access.passed_second_factor", lambda request: True)
    pages = _of_kind(STAFF)[:10]
    assert _let_in(_staff_without_code("manager"), pages, every_method=False) != []
