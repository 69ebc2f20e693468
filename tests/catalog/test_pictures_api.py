"""Pictures over the staff API: the same pipeline, limits before anything is read (U1, U3, U4)."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.catalog import services
from apps.catalog.adapters import object_store
from apps.catalog.adapters.pictures import MAX_BYTES
from apps.catalog.models import Picture, Product
from apps.catalog.states import PictureSource
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.catalog.factories import AT, make_product
from tests.catalog.pictures import bad_uploads, files, opened, picture

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("storage"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]
NOWHERE = "00000000-0000-4000-8000-000000000000"


def send(api, product_id, data=None, name="cake.jpg", kind="image/jpeg", **fields):
    file = SimpleUploadedFile("x", picture() if data is None else data, content_type=kind)
    file._name = name  # past the cleaning that Django does to names given in Python
    return api.post(
        f"/api/v1/staff/products/{product_id}/pictures",
        {"file": file, **fields},
        format="multipart",
    )


def test_an_upload_becomes_the_shown_picture(manager_api, client):
    product = make_product()
    reply = send(manager_api, product.pk, picture(size=(900, 600)))
    assert reply.status_code == 201
    row = reply.json()
    assert (row["type"], row["width"], row["height"]) == ("image/jpeg", 900, 600)
    assert (row["shown"], row["position"]) == ("original", 0)
    for kind, sizes in row["renditions"].items():
        for width, address in sizes.items():
            shown = b"".join(client.get(address).streaming_content)
            assert opened(shown).format == kind.upper()
            assert opened(shown).width == int(width)
    assert client.get("/api/v1/products/loaf").json()["image"] == row["renditions"]["webp"]["900"]
    entry = AuditEntry.objects.get(action="add_picture")
    assert entry.changes["picture"] == [None, row["id"]]
    assert entry.actor == row["actor"]


def test_what_is_no_picture_gets_a_400_with_a_reason_and_leaves_no_file(manager_api):
    product, answers = make_product(), {}
    for name, (data, filename, _) in bad_uploads().items():
        reply = send(manager_api, product.pk, data, filename, "application/octet-stream")
        error = reply.json()["error"]
        answers[name] = (reply.status_code, error["code"])
        assert len(error["message"]) > 15
        assert files() == [], name
    assert answers == {name: (400, code) for name, (_, _, code) in bad_uploads().items()}
    assert not Picture.objects.exists()


def test_a_declared_type_that_is_not_the_content_is_refused(manager_api):
    reply = send(manager_api, make_product().pk, kind="image/png")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "type_mismatch")
    assert files() == []


NAMES = (
    "../../../../etc/cron.d/cake.jpg",
    "..\\..\\cake.jpg",
    "/etc/passwd",
    "cake\u202egpj.jpg",
    "c" * 300 + ".jpg",
    "<script>alert(1)</script>.jpg",
    "cake.html\0.jpg",
    ".htaccess",
    "käse kuchen.jpg",
)


def test_a_files_name_never_becomes_part_of_a_key(manager_api):
    product = make_product()
    for name in NAMES:
        reply = send(manager_api, product.pk, name=name)
        assert reply.status_code == 201, (name, reply.json())
    assert len(files()) == 3 * len(NAMES)
    assert [key for key in files() if not object_store.is_ours(key)] == []
    assert object_store.is_ours("originals/" + "0" * 32)
    assert not object_store.is_ours("originals/" + "0" * 31 + "g")


def _raw(api, product_id, body, content_type="multipart/form-data; boundary=XX", **extra):
    return api.generic(
        "POST", f"/api/v1/staff/products/{product_id}/pictures", body, content_type, **extra
    )


def _part(name, data=b"", filename=None):
    shown = f'; filename="{filename}"' if filename is not None else ""
    head = f'--XX\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'
    return head.encode() + data + b"\r\n"


BODIES = (
    (b"", "multipart/form-data; boundary=XX", 400, "one_file_needed"),
    (b"garbage", "multipart/form-data; boundary=XX", 400, "one_file_needed"),
    (b"--XX--", "multipart/form-data", 400, "malformed_multipart"),
    (b"--XX--", "multipart/form-data; boundary=\xff", 400, "malformed_multipart"),
    (_part("other", b"x", "a.jpg"), None, 400, "one_file_needed"),
    (_part("file", b"x", "a.jpg") * 2 + b"--XX--", None, 400, "one_file_needed"),
    (_part("f", b"x", "a.jpg") * 200 + b"--XX--", None, 400, "bad_request"),
    (
        _part("is_main", b"maybe") + _part("file", picture(), "a.jpg") + b"--XX--",
        None,
        400,
        "invalid",
    ),
    (_part("x", b"\0") + _part("file", picture(), "a.jpg"), None, 400, "unstorable_text"),
    (b"{}", "application/json", 415, "unsupported_media_type"),
    (picture(), "image/jpeg", 415, "unsupported_media_type"),
)


def test_bodies_that_are_not_one_file_are_refused(manager_api):
    product = make_product()
    for body, kind, status, code in BODIES:
        reply = _raw(manager_api, product.pk, body, kind or "multipart/form-data; boundary=XX")
        answer = (reply.status_code, reply.json()["error"]["code"])
        assert answer == (status, code), (body[:200], kind)
    assert files() == []


def test_a_body_that_announces_too_much_is_refused_unread(manager_api):
    class Unread(io.BytesIO):
        def read(self, *args):
            raise AssertionError("the body was read")

    product = make_product()
    reply = manager_api.generic(
        "POST",
        f"/api/v1/staff/products/{product.pk}/pictures",
        b"",
        "multipart/form-data; boundary=XX",
        CONTENT_LENGTH=str(MAX_BYTES + 10**6),
        **{"wsgi.input": Unread()},
    )
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "body_too_large")


def test_a_file_just_too_large_is_refused_by_its_size(manager_api):
    data = picture() + b"\0" * MAX_BYTES
    reply = send(manager_api, make_product().pk, data)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "picture_too_large")
    assert files() == []


def test_pictures_are_listed_ordered_and_removed(manager_api):
    product = make_product()
    ids = [
        send(manager_api, product.pk, picture(size=(width, 90))).json()["id"]
        for width in (100, 110, 120)
    ]
    address = f"/api/v1/staff/products/{product.pk}/pictures"
    assert [row["id"] for row in manager_api.get(address).json()] == ids
    reply = manager_api.put(f"{address}/order", {"pictures": ids[::-1]})
    assert [row["id"] for row in reply.json()] == ids[::-1]
    assert Product.objects.get().image_set["width"] == 120
    reply = manager_api.post(f"/api/v1/staff/pictures/{ids[1]}/main")
    assert (reply.status_code, reply.json()["position"]) == (200, 0)
    order = [ids[1], ids[2], ids[0]]
    assert [row["id"] for row in manager_api.get(address).json()] == order
    assert Product.objects.get().image_set["width"] == 110
    assert manager_api.delete(f"/api/v1/staff/pictures/{ids[1]}").status_code == 204
    assert manager_api.delete(f"/api/v1/staff/pictures/{ids[1]}").status_code == 404
    assert Product.objects.get().image_set["width"] == 120
    assert len(files()) == 2 * 3
    for left in (ids[0], ids[2]):
        manager_api.delete(f"/api/v1/staff/pictures/{left}")
    product.refresh_from_db()
    assert (product.image.name, product.image_set, files()) == ("", {}, [])


def test_an_order_that_is_not_of_these_pictures_is_refused(manager_api):
    product, other = make_product(), make_product("Rye")
    one = send(manager_api, product.pk).json()["id"]
    stranger = send(manager_api, other.pk).json()["id"]
    address = f"/api/v1/staff/products/{product.pk}/pictures/order"
    for wrong in ([], [one, one], [stranger], [one, stranger], [NOWHERE]):
        reply = manager_api.put(address, {"pictures": wrong})
        assert (reply.status_code, reply.json()["error"]["code"]) == (409, "not_these_pictures")
    for odd in ({"pictures": ["x"]}, {"pictures": None}, {}, [], {"pictures": [one] * 101}):
        assert manager_api.put(address, odd).status_code == 400


def test_another_main_picture_can_be_sent_at_once(manager_api):
    product = make_product()
    send(manager_api, product.pk)
    row = send(manager_api, product.pk, picture(size=(77, 50)), is_main="true").json()
    assert row["position"] == 0
    assert Product.objects.get().image_set["width"] == 77


@pytest.mark.parametrize("method", ["get", "delete"])
def test_pictures_that_do_not_exist(manager_api, method):
    assert getattr(manager_api, method)(f"/api/v1/staff/pictures/{NOWHERE}").status_code == 404
    assert manager_api.get(f"/api/v1/staff/pictures/{NOWHERE}/original").status_code == 404
    assert manager_api.post(f"/api/v1/staff/pictures/{NOWHERE}/main").status_code == 404
    for product in (10**6, 10**30):
        assert manager_api.get(f"/api/v1/staff/products/{product}/pictures").status_code == 404
        assert send(manager_api, product).status_code == 404
    assert files() == []


def test_the_original_is_a_download_for_staff_alone(manager_api, client):
    data = picture() + b"<script>alert(1)</script>"
    row = send(manager_api, make_product().pk, data).json()
    reply = manager_api.get(row["original"])
    assert reply.status_code == 200
    assert b"".join(reply.streaming_content) == data
    assert reply["Content-Type"] == "application/octet-stream"
    assert reply["Content-Disposition"].startswith("attachment")
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply["Content-Security-Policy"]
    assert reply["Cache-Control"] == "no-store"
    assert client.get(row["original"]).status_code == 401
    cashier = people.api(people.log_in(people.staff("cashier")).access)
    assert cashier.get(row["original"]).status_code == 403


def test_cut_outs_are_shown_in_place_of_the_original_and_back(manager_api):
    product = make_product()
    first = services.add_picture(product_id=product.pk, data=picture(), at=AT)
    second = services.add_picture(product_id=product.pk, data=picture("PNG"), at=AT)
    cut = {"webp": {"320": "products/" + "a" * 32 + ".webp"}}
    for row in (first, second):
        services.apply_renditions(
            product_id=product.pk, picture_id=row.pk, renditions=cut, at=AT, actor="user:1"
        )
    product.refresh_from_db()
    assert product.image.name == cut["webp"]["320"]
    row = manager_api.get(f"/api/v1/staff/pictures/{second.pk}").json()
    assert row["shown"] == PictureSource.CUTOUT
    services.show_original(picture_id=first.pk, at=AT)
    product.refresh_from_db()
    assert product.image_set["webp"] == first.renditions["webp"]
    services.choose_main_picture(picture_id=second.pk, at=AT)
    product.refresh_from_db()
    assert product.image_set["webp"] == cut["webp"]
