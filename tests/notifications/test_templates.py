"""Every mail and text of the platform, in both languages, with its sample data."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

from apps.notifications.adapters.rendering import render, write_text
from apps.notifications.services import preview_sample, samples

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
LANGUAGES = [code for code, _ in settings.LANGUAGES]
SAMPLES = [pytest.param(row, id=f"{row.template}-{row.name}") for row in samples()]
MAILS = [row for row in SAMPLES if not row.values[0].is_text]
TEXTS = [row for row in SAMPLES if row.values[0].is_text]
# No French text has these words; names of goods and of the shop are left out of it before.
ENGLISH = re.compile(
    r"\b(the|your|you|we|and|with|order|please|until|pay|pickup|delivery|was|were|this|that|it|is"
    r"|of|from|to|for|mail|thank|hello|somebody)\b",
    re.IGNORECASE,
)
NOT_WORDS = re.compile(r"https?://\S+|nobody acknowledged it in time|STOP|START|SR-\S+")
# What words are about is in whichever language it was typed.
TYPED = "notifications/mail/alert_escalated"


class _Seen(HTMLParser):
    """Collects what is seen of a mail, and where its links lead."""

    def __init__(self):
        super().__init__()
        self.words, self.links, self.tags, self._hidden = [], [], [], 0

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in {"style", "title"}
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag):
        self._hidden -= tag in {"style", "title"}

    def handle_data(self, data):
        if not self._hidden:
            self.words.append(data)


def seen(html):
    parser = _Seen()
    parser.feed(html)
    return parser


def words_of(text):
    return re.findall(r"\w+", text)


def names_of_templates(folder):
    """Return the names of templates that are sent, without languages and partials."""
    files = TEMPLATES.glob(f"*/{folder}/*.txt")
    return {
        str(path.relative_to(TEMPLATES)).removesuffix(".txt")
        for path in files
        if not path.name.startswith("_") and ".fr." not in path.name
    }


def test_every_template_has_a_sample_and_words_in_every_language():
    known = {row.template for row in samples()}
    sent = names_of_templates("mail") | names_of_templates("sms")
    assert sent == known
    ends = {name: (".txt", ".html") if "/mail/" in name else (".txt",) for name in sent}
    missing = [
        f"{name}{language}{end}"
        for name in sent
        for language in ("", ".fr")
        for end in ends[name]
        if not (TEMPLATES / f"{name}{language}{end}").exists()
    ]
    assert missing == []


def test_every_template_that_code_names_exists():
    pattern = re.compile(r'"([a-z]+/(?:mail|sms)/[a-z_]+)"')
    sources = [path.read_text() for path in (ROOT / "apps").rglob("*.py")]
    named = {name for source in sources for name in pattern.findall(source)}
    assert named
    assert named <= {row.template for row in samples()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sample", MAILS)
def test_a_mail_says_the_same_in_text_and_html(sample, language):
    subject, text, html = render(sample.template, sample.data(language), language)
    page = seen(html)
    body = " ".join(page.words)
    assert subject
    assert len(subject) <= 110
    for part in (subject, text, html):
        assert not re.search(r"\{[{%]|[%}]\}|\bNone\b", part)
    assert "\n\n\n" not in text
    html_words = {word.casefold() for word in words_of(body)}
    missing = [word for word in words_of(text) if word.casefold() not in html_words - {"x"}]
    allowed = {"x", "http", "https", "by", "link", "par", "ce", "lien"}
    assert [word for word in missing if word.casefold() not in allowed] == []
    assert ("html", {"lang": language}) in page.tags
    assert page.links or "/mail/" not in sample.template
    assert all(re.match(r"https?://|mailto:", link) for link in page.links)
    assert "prefers-color-scheme: dark" in html
    assert not [tag for tag, _ in page.tags if tag in {"img", "script", "link", "iframe"}]


def in_french(text, sample):
    """Return what is not French of a text, leaving out addresses and the shop's own words."""
    return ENGLISH.findall(NOT_WORDS.sub("", text)) if sample.template != TYPED else []


@pytest.mark.parametrize("sample", SAMPLES)
def test_french_is_french(sample):
    found = preview_sample(template=sample.template, name=sample.name, language="fr")
    body = " ".join(seen(found.html).words)
    for part in (found.subject, found.text, body):
        assert in_french(part, sample) == []
    english = preview_sample(template=sample.template, name=sample.name, language="en")
    assert found.text != english.text
    assert found.html != english.html or sample.is_text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sample", TEXTS)
def test_a_text_costs_two_segments_at_most(sample, language):
    found = preview_sample(template=sample.template, name=sample.name, language=language)
    assert not re.search(r"\{[{%]|[%}]\}|\bNone\b|\s\s", found.text)
    assert 1 <= found.segments <= 2
    assert found.text == write_text(sample.template, sample.data(language), language)


def test_a_language_without_words_is_written_in_english_and_logged(tmp_path, settings, caplog):
    folder = tmp_path / "orders" / "mail"
    folder.mkdir(parents=True)
    (folder / "lonely.txt").write_text("Subject: Only English\nHello\n")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    subject, text, html = render("orders/mail/lonely", {}, "fr")
    assert (subject, text, html) == ("Only English", "Hello\n", "")
    assert "words are missing" in caplog.text


def test_a_template_without_a_subject_is_a_mistake(tmp_path, settings):
    (tmp_path / "bare.txt").write_text("Hello\n")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    with pytest.raises(ValueError, match="subject"):
        render("bare", {})


def test_values_are_escaped_in_html_only_and_never_read_as_templates():
    given = {"customer_name": "{{ 7|add:7 }} <b>&", "number": "A\nBcc: x@example.com", "lines": []}
    given["path"] = "/"
    subject, text, html = render("orders/mail/order_paid", given)
    assert "\n" not in subject
    assert "{{ 7|add:7 }} <b>&" in text
    assert "{{ 7|add:7 }} &lt;b&gt;&amp;" in html
