"""Users, roles and the audit trail in the console; the audit of every console change."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.forms import inlineformset_factory
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts import services
from apps.accounts.models import RecoveryCode, User
from bakery.edge import console
from bakery.kernel import audit, clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people

USERS = "/console/accounts/user/"
TRAIL = "/console/kernel/auditentry/"


@pytest.fixture
def boss(db):
    services.sync_roles()
    return people.staff("administrator")


@pytest.fixture
def window(boss):
    return people.browser(boss, verified=True)


def _queries_of_the_list(window, django_assert_max_num_queries, count):
    for n in range(count):
        people.customer(f"c{n}-{count}@example.com")
    with django_assert_max_num_queries(100) as captured:
        page = window.get(USERS)
    assert page.status_code == 200
    return len(captured)


@pytest.mark.django_db
def test_the_list_costs_the_same_for_more_rows(window, django_assert_max_num_queries):
    window.get(USERS)
    one = _queries_of_the_list(window, django_assert_max_num_queries, 1)
    more = _queries_of_the_list(window, django_assert_max_num_queries, 3)
    assert one == more <= 14


@pytest.mark.django_db
def test_a_page_of_a_user_shows_no_secret(window, boss):
    page = window.get(f"{USERS}{boss.pk}/change/").content.decode()
    assert boss.email in page
    assert "argon2" not in page
    assert people.KEY not in page
    for model in (TOTPDevice, StaticDevice):
        assert not admin.site.is_registered(model)


@pytest.mark.django_db
def test_changes_are_audited_with_reason_and_without_personal_data(window, boss):
    user = people.customer()
    form = {"full_name": "Ada Lovelace", "phone": "", "language": "fr", "reason": "asked by phone"}
    assert window.post(f"{USERS}{user.pk}/change/", form).status_code == 302
    entry = AuditEntry.objects.get(action="accounts.user.change")
    assert (entry.actor_id, entry.reason, entry.address) == (boss.pk, "asked by phone", "127.0.0.1")
    assert entry.changes["language"] == ["en", "fr"]
    assert set(entry.changes) == {"language", "full_name"}
    assert "Lovelace" not in str(entry.changes)
    assert User.objects.get(pk=user.pk).full_name == "Ada Lovelace"


@pytest.mark.django_db
def test_saving_nothing_audits_nothing(window):
    user = people.customer()
    form = {"full_name": user.full_name, "phone": "", "language": "en"}
    assert window.post(f"{USERS}{user.pk}/change/", form).status_code == 302
    assert not AuditEntry.objects.filter(action="accounts.user.change").exists()


@pytest.mark.django_db
def test_buttons_take_access_away(window, boss):
    user = people.customer()
    url = f"{USERS}{user.pk}/access/disable/"
    assert window.get(url).status_code == 200
    assert window.post(url, {"reason": ""}).status_code == 200
    assert User.objects.get(pk=user.pk).is_active
    assert window.post(url, {"reason": "fraud"}).status_code == 302
    assert not User.objects.get(pk=user.pk).is_active
    entry = AuditEntry.objects.first()
    assert (entry.action, entry.reason) == ("accounts.user.disable", "fraud")

    url = f"{USERS}{user.pk}/access/roles/"
    window.post(url, {"roles": ["kitchen"], "reason": "hired"})
    assert User.objects.get(pk=user.pk).is_staff
    own = window.post(f"{USERS}{boss.pk}/access/roles/", {"roles": [], "reason": "x"})
    assert b"Somebody else has to" in own.content
    assert window.get(f"{USERS}{user.pk}/access/nonsense/").status_code == 403
    assert window.get(f"{USERS}999999/access/disable/").status_code == 302


@pytest.mark.django_db
def test_buttons_need_a_fresh_code(window, time_machine_at):
    user = people.customer()
    with time_machine_at(timedelta(minutes=11)):
        for path in (f"{user.pk}/access/disable/", "add/"):
            reply = window.post(f"{USERS}{path}", {"reason": "x"})
            assert reply.url.startswith("/console/step-up/?next=")
    assert User.objects.get(pk=user.pk).is_active


@pytest.mark.django_db
def test_staff_are_created_through_the_service(window):
    form = {"email": "New@Bakery.example", "full_name": "New", "roles": ["cashier"]}
    assert window.post(f"{USERS}add/", form).status_code == 302
    user = User.objects.get(email="new@bakery.example")
    assert user.is_staff
    assert [group.name for group in user.groups.all()] == ["cashier"]
    again = window.post(f"{USERS}add/", form)
    assert b"already" in again.content


@pytest.mark.django_db
def test_lesser_roles_look_but_do_not_touch(boss):
    manager = people.staff("manager")
    window = people.browser(manager, verified=True)
    user = people.customer()
    assert window.get(f"{USERS}{user.pk}/change/").status_code == 200
    form = {"full_name": "X", "language": "en"}
    assert window.post(f"{USERS}{user.pk}/change/", form).status_code == 403
    assert window.post(f"{USERS}{user.pk}/access/disable/", {"reason": "x"}).status_code == 403
    assert window.get(f"{USERS}add/").status_code == 403
    assert window.get(TRAIL).status_code == 403


@pytest.mark.django_db
def test_users_are_never_deleted_in_the_console(window):
    user = people.customer()
    assert window.post(f"{USERS}{user.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.django_db
def test_roles_are_only_shown(window):
    group = Group.objects.get(name="manager")
    page = window.get(f"/console/auth/group/{group.pk}/change/")
    assert b"accounts.view_user" in page.content
    form = {"name": "manager", "permissions": []}
    assert window.post(f"/console/auth/group/{group.pk}/change/", form).status_code == 403


@pytest.mark.django_db
def test_the_trail_is_read_only_and_verifies(window, boss):
    people.log_in(boss)
    entry = AuditEntry.objects.first()
    assert window.get(TRAIL).status_code == 200
    assert window.get(f"{TRAIL}?object_type=accounts.user&q={boss.pk}").status_code == 200
    assert window.get(f"{TRAIL}{entry.pk}/change/").status_code == 200
    assert window.post(f"{TRAIL}{entry.pk}/change/", {"reason": "x"}).status_code == 403
    assert window.post(f"{TRAIL}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert window.get(f"{TRAIL}verify/").status_code == 405
    page = window.post(f"{TRAIL}verify/", follow=True)
    assert b"The chain holds" in page.content
    assert audit.verify().ok


class _GroupForm(console.ReasonForm):
    class Meta:
        model = Group
        fields = ["name", "permissions"]


@pytest.fixture
def group_admin(monkeypatch):
    class GroupAdmin(console.AuditedModelAdmin):
        form = _GroupForm

    return GroupAdmin(Group, admin.site)


@pytest.mark.django_db
def test_the_audit_covers_relations_and_deletes(rf, boss, group_admin):
    request = rf.post("/")
    request.user = boss
    group = Group.objects.create(name="bakers")
    form = _GroupForm({"name": "cooks", "permissions": [1, 2], "reason": "why"}, instance=group)
    assert form.is_valid()
    row = group_admin.save_form(request, form, change=True)
    group_admin.save_model(request, row, form, change=True)
    group_admin.save_related(request, form, [], change=True)
    entry = AuditEntry.objects.get(action="auth.group.change")
    assert entry.changes == {"name": ["bakers", "cooks"], "permissions": [[], [1, 2]]}
    assert entry.reason == "why"

    group_admin.delete_queryset(request, Group.objects.filter(pk=group.pk))
    gone = AuditEntry.objects.get(action="auth.group.delete")
    assert gone.changes["name"] == ["cooks", None]
    assert gone.object_id == str(group.pk)


@pytest.mark.django_db
def test_the_audit_covers_inlines(rf, boss):
    """One row added, one changed, one deleted, as a console form with inlines saves them."""
    request = rf.post("/")
    request.user = boss
    at = clock.now()
    rows = [RecoveryCode.objects.create(user=boss, digest=f"old{n}", created_at=at) for n in (0, 1)]
    keep, drop = rows[0].pk, rows[1].pk
    moment = at.strftime("%Y-%m-%d %H:%M:%S")
    data = {
        "c-TOTAL_FORMS": 3, "c-INITIAL_FORMS": 2,
        "c-0-id": keep, "c-0-digest": "new0", "c-0-created_at": moment,
        "c-1-id": drop, "c-1-digest": "old1", "c-1-created_at": moment, "c-1-DELETE": "on",
        "c-2-id": "", "c-2-digest": "added", "c-2-created_at": moment,
    }  # fmt: skip
    make = inlineformset_factory(User, RecoveryCode, fields=["digest", "created_at"])
    formset = make(data, instance=boss, prefix="c")

    class Form(console.ReasonForm):
        class Meta:
            model = User
            fields = ["full_name"]

    form = Form({"full_name": boss.full_name, "reason": ""}, instance=boss)
    assert form.is_valid()
    assert formset.is_valid()
    site = console.AuditedModelAdmin(User, admin.site)
    row = site.save_form(request, form, change=True)
    site.save_model(request, row, form, change=True)
    site.save_related(request, form, [formset], change=True)

    changes = AuditEntry.objects.get(action="accounts.user.change").changes
    added = RecoveryCode.objects.get(digest="added")
    assert changes[f"recoverycode:{keep}"][0]["digest"] == "old0"
    assert changes[f"recoverycode:{keep}"][1]["digest"] == "new0"
    assert changes[f"recoverycode:{drop}"][0]["digest"] == "old1"
    assert changes[f"recoverycode:{drop}"][1] is None
    assert changes[f"recoverycode:{added.pk}"][0] is None


@pytest.mark.django_db(transaction=True)
def test_a_change_whose_audit_fails_is_not_made(monkeypatch):
    services.sync_roles()
    boss = people.staff("administrator")
    window = people.browser(boss, verified=True)
    window.raise_request_exception = False
    user = people.customer()

    def fail(**_):
        raise RuntimeError("no trail")

    monkeypatch.setattr(audit, "record", fail)
    form = {"full_name": "Changed", "language": "en"}
    assert window.post(f"{USERS}{user.pk}/change/", form).status_code == 500
    assert User.objects.get(pk=user.pk).full_name == "Ada Baker"


@pytest.mark.django_db
def test_the_staff_api_does_what_the_console_does(boss):
    user = people.customer()
    client = people.api(people.log_in(boss).access)
    listed = client.get("/api/v1/staff/users").json()["results"]
    assert [row["email"] for row in listed] == ["ada@example.com", boss.email]
    assert listed[1]["has_authenticator"] is True
    assert listed[0]["roles"] == ["customer"]
    url = f"/api/v1/staff/users/{user.pk}"
    assert client.post(f"{url}/disable", {}).status_code == 400
    assert client.post(f"{url}/disable", {"reason": "fraud"}).status_code == 204
    assert not User.objects.get(pk=user.pk).is_active
    assert client.post(f"{url}/enable", {"reason": "mistake"}).status_code == 204
    assert client.post(f"{url}/explode", {"reason": "x"}).status_code == 404
    assert client.post("/api/v1/staff/users/999999/disable", {"reason": "x"}).status_code == 404
