"""Roles, the people who work here, and taking access away."""

import re

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from apps.accounts import rules, selectors, services
from apps.accounts.models import RefreshFamily, User
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid, Refused
from bakery.kernel.models import AuditEntry, OutboxMessage
from tests.accounts import people


def test_the_table_of_roles():
    assert set(rules.ROLE_PERMISSIONS) == set(rules.ROLES)
    assert rules.ROLE_PERMISSIONS["customer"] == frozenset()
    everything = frozenset().union(*rules.ROLE_PERMISSIONS.values())
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", name) for name in everything)
    assert rules.ROLE_PERMISSIONS["administrator"] >= rules.ROLE_PERMISSIONS["manager"]
    alone = {"accounts.manage_staff", "accounts.anonymise_user", "payments.approve_refund"}
    for role in set(rules.ROLES) - {"administrator"}:
        assert not alone & rules.ROLE_PERMISSIONS[role]
    work_board = {r for r, names in rules.ROLE_PERMISSIONS.items() if "orders.work_board" in names}
    assert work_board == {"kitchen", "decorator", "manager", "administrator"}


@pytest.mark.django_db
def test_sync_roles_grants_what_apps_declare_and_names_the_rest(monkeypatch, capsys):
    table = {"kitchen": frozenset({"accounts.view_user", "nowhere.fly_kite"})}
    monkeypatch.setattr(rules, "ROLE_PERMISSIONS", table)
    group = Group.objects.get_or_create(name="kitchen")[0]
    for _ in range(2):
        assert services.sync_roles() == ["nowhere.fly_kite"]
        names = group.permissions.values_list("content_type__app_label", "codename")
        assert list(names) == [("accounts", "view_user")]
    call_command("sync_roles")
    assert "nowhere.fly_kite" in capsys.readouterr().err
    with pytest.raises(CommandError):
        call_command("sync_roles", "--strict")


@pytest.mark.django_db
def test_create_staff_command(client, capsys):
    call_command("create_staff", "--email", "Boss@bakery.example", "--role", "administrator")
    out = capsys.readouterr().out
    password = re.search(r"password +(\S+)", out)[1]
    secret = re.search(r"secret +(\S+)", out)[1]
    user = User.objects.get(email="boss@bakery.example")
    assert user.has_perm("accounts.manage_staff")
    reply = client.post("/console/login/", {"email": user.email, "password": password})
    assert reply.url == "/console/login/enrol/"
    assert secret in client.get(reply.url).content.decode()
    done = client.post(reply.url, {"code": people.code(user)})
    assert b"recovery codes" in done.content
    with pytest.raises(CommandError, match="already"):
        call_command("create_staff", "--email", user.email, "--role", "kitchen")


@pytest.mark.django_db
def test_staff_without_a_password_are_mailed_a_link():
    user = services.create_staff(
        email="new@bakery.example", roles=["cashier"], actor="system", at=clock.now()
    )
    assert not user.has_usable_password()
    asked = OutboxMessage.objects.filter(kind="accounts.password_reset_requested")
    assert [row.payload for row in asked] == [{"user_id": user.pk}]


@pytest.mark.parametrize("roles", [[], ["customer"], ["king"], ["kitchen", "king"]])
@pytest.mark.django_db
def test_staff_need_a_role_of_staff(roles):
    with pytest.raises(Invalid):
        services.create_staff(email="x@y.example", roles=roles, actor="system", at=clock.now())


@pytest.mark.django_db
def test_changing_roles_ends_sessions_and_is_audited():
    cook = people.staff("kitchen")
    pair = people.log_in(cook)
    services.set_roles(
        user_id=cook.pk, roles=["manager"], actor="user:1", reason="promoted", at=clock.now()
    )
    cook = User.objects.get(pk=cook.pk)
    assert selectors.roles(cook.pk) == ["manager"]
    assert cook.has_perm("accounts.view_user")
    assert people.api(pair.access).get("/api/v1/me").status_code == 401
    entry = AuditEntry.objects.first()
    assert entry.changes == {"roles": [["kitchen"], ["manager"]]}
    assert (entry.actor, entry.actor_id, entry.reason) == ("user:1", 1, "promoted")
    services.set_roles(user_id=cook.pk, roles=[], actor="user:1", reason="left", at=clock.now())
    assert not User.objects.get(pk=cook.pk).is_staff


@pytest.mark.parametrize("act", [services.disable_user, services.enable_user])
@pytest.mark.django_db
def test_nobody_changes_their_own_access(act):
    boss = people.staff("administrator")
    me = {"user_id": boss.pk, "actor": f"user:{boss.pk}", "reason": "x", "at": clock.now()}
    with pytest.raises(Refused):
        act(**me)
    with pytest.raises(Refused):
        services.set_roles(roles=["administrator"], **me)


@pytest.mark.django_db
def test_erasing_a_person_keeps_the_books():
    user = people.customer(phone="+14165550123")
    at = clock.now()
    services.record_consents(user_id=user.pk, decisions={"analytics": True}, source="x", at=at)
    people.log_in(user)
    window = people.browser(user)

    erase = {"user_id": user.pk, "actor": "user:1", "reason": "asked for it", "at": at}
    services.anonymise_user(**erase)
    services.anonymise_user(**erase)

    gone = User.objects.get(pk=user.pk)
    assert gone.email == f"erased-{user.pk}@erased.invalid"
    assert (gone.full_name, str(gone.phone), gone.is_active) == ("", "", False)
    assert gone.consents.count() == 1
    assert not RefreshFamily.objects.exists()
    assert window.get("/api/v1/me").status_code == 401
    entries = AuditEntry.objects.filter(action="accounts.user.anonymise")
    assert entries.count() == 1
    assert "ada" not in str(list(AuditEntry.objects.values())).lower()
    with pytest.raises(Conflict):
        services.enable_user(**erase)
    people.customer(user.email if "@example" in user.email else "ada@example.com")


@pytest.mark.django_db
def test_an_address_has_one_account_whatever_its_case():
    from django.db import IntegrityError, transaction

    people.customer("ada@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        people.customer("ADA@Example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.update(email="Ada@example.com")
    assert User.objects.get_by_natural_key(" ADA@example.COM ").email == "ada@example.com"


@pytest.mark.django_db
def test_profile():
    user = people.customer()
    client = people.api(people.log_in(user).access)
    change = {
        "full_name": "Ada B.", "phone": "(416) 555-0199", "language": "fr",
        "email": "evil@example.com", "is_staff": True, "roles": ["administrator"],
        "token_version": 9, "email_verified": False,
    }  # fmt: skip
    body = client.patch("/api/v1/me", change).json()
    assert body["full_name"] == "Ada B."
    assert body["phone"] == "+14165550199"
    assert (body["email"], body["roles"]) == ("ada@example.com", ["customer"])
    stored = User.objects.get()
    assert (stored.is_staff, stored.token_version) == (False, 0)
    assert client.patch("/api/v1/me", {"phone": "12"}).status_code == 400
    held = client.put("/api/v1/me/consent", {"marketing_sms": True}).json()["consents"]
    assert held == {"marketing_mail": False, "marketing_sms": True, "analytics": False}
    assert client.put("/api/v1/me/consent", {"marketing_sms": "maybe"}).status_code == 400
    assert "no-store" in client.get("/api/v1/me").headers["Cache-Control"]


@pytest.mark.django_db
def test_password_change_over_the_api():
    user = people.customer()
    client = people.api(people.log_in(user).access)
    url = "/api/v1/auth/password-change"
    body = {"current_password": "wrong wrong wrong", "new_password": "eight layer cake"}
    assert client.post(url, body).json()["error"]["code"] == "wrong_password"
    body["current_password"] = people.PASSWORD
    weak = client.post(url, {**body, "new_password": "ada@example.com"})
    assert weak.json()["error"]["code"] == "weak_password"
    assert client.post(url, body).status_code == 204
    assert client.get("/api/v1/me").status_code == 401
    assert "accounts.password_changed" in set(OutboxMessage.objects.values_list("kind", flat=True))


@pytest.mark.django_db
def test_a_costlier_hash_is_written_at_the_next_log_in(settings):
    user = people.customer()
    cheap = user.password
    settings.PASSWORD_HASHERS = ["bakery.edge.hashers.BakeryArgon2"]
    people.log_in(user)
    user.refresh_from_db()
    assert user.password != cheap
    assert "m=19456,t=2,p=1" in user.password
    assert user.token_version == 0
