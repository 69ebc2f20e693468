"""Files of models: what comes back, and what is never believed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import storages
from hypothesis import given
from hypothesis import strategies as st

from apps.pricing import services
from apps.pricing.adapters.artefacts import load_artefact, store_artefact
from apps.pricing.models import ModelVersion
from apps.pricing.rules.artefact import BadArtefact, decode, digest, encode
from apps.pricing.services import registry
from apps.pricing.states import DataOrigin, EstimateOrigin, ModelKind, VersionStatus
from tests.pricing.factories import AT, artefact, simulated

pytestmark = pytest.mark.usefixtures("storage")


@pytest.fixture(autouse=True)
def _read_anew():
    registry.forget_kept()
    yield
    registry.forget_kept()


def path_of(key: str) -> Path:
    return Path(storages["private"].path(key))


def rewrite(key: str, change: Callable[[bytes], bytes]) -> None:
    path = path_of(key)
    path.chmod(0o600)
    path.write_bytes(change(path.read_bytes()))


def test_a_file_gives_back_what_was_stored():
    key, sha256 = store_artefact(artefact())

    found = load_artefact(key=key, sha256=sha256)

    assert found.booster == b"\x00booster\xff"
    assert found.features == ("volume", "similar")
    assert found.ranges["volume"] == (100.0, 900.0)
    assert found.data_origin == DataOrigin.DECISIONS
    assert found.sha256 == sha256 == digest(encode(artefact()))


TAMPERINGS = {
    "changed byte": lambda data: data[:-40] + bytes([data[-40] ^ 1]) + data[-39:],
    "truncated": lambda data: data[: len(data) // 2],
    "longer": lambda data: data + b" ",
    "emptied": lambda _: b"",
    "another model": lambda _: encode(artefact(booster=b"another")),
}


@pytest.mark.parametrize("change", TAMPERINGS.values(), ids=TAMPERINGS)
def test_another_file_is_refused(change):
    key, sha256 = store_artefact(artefact())
    rewrite(key, change)

    with pytest.raises(BadArtefact, match="not the one that was trained"):
        load_artefact(key=key, sha256=sha256)


def test_a_missing_file_is_refused():
    key, sha256 = store_artefact(artefact())
    path_of(key).unlink()

    with pytest.raises(BadArtefact, match="missing"):
        load_artefact(key=key, sha256=sha256)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"booster": "not base64!"},
        {"monotone": [1]},
        {"quantiles": {"small": 0.1}},
        {"quantiles": {"": -1}},
        {"kind": "colour"},
        {"ranges": {"volume": [1]}},
        {"features": None},
    ],
)
def test_a_file_of_another_shape_is_refused_and_nothing_else_raised(change):
    content = json.loads(encode(artefact()))

    with pytest.raises(BadArtefact):
        decode(json.dumps({**content, **change}).encode())


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_a_refusal(data):
    with pytest.raises(BadArtefact):
        decode(data)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [*TAMPERINGS.values(), None], ids=[*TAMPERINGS, "missing"])
def test_with_a_bad_file_the_formula_speaks_and_says_so(change):
    version = _current()
    if change is None:
        path_of(version.artefact_key).unlink()
    else:
        rewrite(version.artefact_key, change)

    served = registry.current_model(kind=ModelKind.PRICE)
    estimate = services.estimate_price(spec=simulated(5)[0].spec, at=AT)

    assert served.artefact is None
    assert version.name in served.problem
    assert estimate.origin == EstimateOrigin.FORMULA
    assert estimate.price == estimate.formula_price
    assert any(version.name in note for note in estimate.notes)


@pytest.mark.django_db
def test_a_file_that_was_put_back_is_used_again(monkeypatch):
    version = _current()
    path = path_of(version.artefact_key)
    good = path.read_bytes()
    rewrite(version.artefact_key, lambda _: b"{}")
    assert registry.current_model(kind=ModelKind.PRICE).artefact is None

    rewrite(version.artefact_key, lambda _: good)

    # Looked at only now and then.
    assert registry.current_model(kind=ModelKind.PRICE).artefact is None
    monkeypatch.setattr(registry, "_AGAIN_SECONDS", -1.0)
    registry.forget_kept()
    assert registry.current_model(kind=ModelKind.PRICE).artefact is not None


@pytest.mark.django_db
def test_another_version_in_use_is_served_without_a_restart(django_assert_num_queries):
    first = _current()
    assert registry.current_model(kind=ModelKind.PRICE).name == first.name
    # As another process would: this one is told nothing.
    ModelVersion.objects.filter(pk=first.pk).update(status=VersionStatus.RETIRED)
    second = _current(name="price-2026-11-24-2", booster=b"second")

    with django_assert_num_queries(1):
        served = registry.current_model(kind=ModelKind.PRICE)

    assert served.name == second.name
    assert served.artefact is not None
    assert served.artefact.booster == b"second"


def _current(**changes: object) -> ModelVersion:
    model = artefact(**changes)
    key, sha256 = store_artefact(model)
    return ModelVersion.objects.create(
        kind=model.kind,
        name=model.name,
        status=VersionStatus.CURRENT,
        data_origin=model.data_origin,
        rows=model.rows,
        data_sha256="0" * 64,
        artefact_key=key,
        artefact_sha256=sha256,
        trained_by="system",
        trained_at=AT,
        promoted_at=AT,
    )
