"""Segments, ranks and verdicts, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.notifications import rules
from apps.notifications.states import ALERT, MESSAGE, AlertState, MessageState
from bakery.sandbox.twilio.segments import count_segments as sandbox_count


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # An escaped pair is not split: 76 euros fill 152 of 153 septets.
        ("€" * 153, 3),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("🎂" * 35, 1),
        ("🎂" * 36, 2),
        # 33 surrogate pairs fill 66 of 67 units.
        ("🎂" * 67, 3),
        ("café à la crème", 1),
        ("ç" * 71, 2),
    ],
)
def test_segments_are_counted_as_billed(text, segments):
    assert rules.count_segments(text) == segments


@given(st.text(alphabet="ab€{}ж🎂\n ", max_size=400))
def test_segments_agree_with_an_independent_count_or_need_one_more(text):
    # The other count ignores unsplittable pairs, which can only cost more.
    ours, simple = rules.count_segments(text), sandbox_count(text) if text else 0
    assert simple <= ours <= simple + 1


def test_receipts_only_ever_advance():
    order = [
        MessageState.QUEUED,
        MessageState.SENDING,
        MessageState.SENT,
        MessageState.UNDELIVERED,
        MessageState.DELIVERED,
    ]
    for i, old in enumerate(order):
        for j, new in enumerate(order):
            assert rules.advances(old, new) == (j > i)
    assert not rules.advances(MessageState.FAILED, MessageState.UNDELIVERED)


@pytest.mark.parametrize("old", MessageState.values)
@pytest.mark.parametrize("new", MessageState.values)
def test_every_advance_is_a_legal_move(old, new):
    if rules.advances(old, new):
        assert MESSAGE.allows(old, new)


def test_only_a_person_ends_an_alert():
    finals = [state for state in AlertState if ALERT.is_final(state)]
    assert finals == [AlertState.ACKNOWLEDGED]
    assert all(
        ALERT.allows(state, AlertState.ACKNOWLEDGED)
        for state in AlertState
        if state != AlertState.ACKNOWLEDGED
    )


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, "21211", rules.Verdict.PERMANENT),
        (400, "21610", rules.Verdict.PERMANENT),
        (400, "21606", rules.Verdict.OPERATIONS),
        (401, "20003", rules.Verdict.OPERATIONS),
        (429, "20429", rules.Verdict.TRANSIENT),
        (503, "503", rules.Verdict.TRANSIENT),
    ],
)
def test_verdicts_on_api_errors(status, code, verdict):
    assert rules.judge(status=status, code=code) is verdict


@pytest.mark.parametrize("text", ["4165550123", "+0123456789", "+1416555012x", "+1 416 555", ""])
def test_what_is_no_phone(text):
    assert not rules.is_phone(text)


def test_masks_keep_what_a_colleague_recognises():
    assert rules.mask("+14165550123") == "…0123"
    assert rules.mask("ann@bakery.example") == "a…@bakery.example"
