"""Another app may be entered only through its public modules."""

import grimp
import pytest

PUBLIC = {"services", "selectors", "states", "events"}
READERS = {"selectors", "admin"}  # may also read another app's models


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("apps", "bakery", exclude_type_checking_imports=True)


def test_apps_are_entered_only_through_their_public_surface(graph):
    assert len(graph.modules) > 100
    wrong = []
    for importer in graph.modules:
        source = importer.split(".")
        if source[0] != "apps" or len(source) < 3:
            continue
        allowed = PUBLIC | ({"models"} if source[2] in READERS else set())
        for imported in graph.find_modules_directly_imported_by(importer):
            target = imported.split(".")
            if target[0] == "apps" and target[1] != source[1] and target[2] not in allowed:
                wrong.append(f"{importer} -> {imported}")
    assert sorted(wrong) == []


def test_kernel_and_edge_know_no_app(graph):
    wrong = [
        f"{importer} -> {imported}"
        for importer in graph.modules
        if importer.startswith(("bakery.kernel", "bakery.edge"))
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.startswith("apps")
    ]
    assert sorted(wrong) == []
