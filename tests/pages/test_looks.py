import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.template import Context, Template
from django.test import RequestFactory

from billing_site.home import translations
from billing_site.pages import formats
from billing_site.pages.statuses import LOOKS, badge


def text(source: str, **context) -> str:
    context["request"] = RequestFactory().get("/list/?status=a&after=x")
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("48336"), "48 336,00 ₽"),
        (Decimal("-1200.5"), "−1 200,50 ₽"),
        (Decimal(0), "0,00 ₽"),
        (1, "1,00 ₽"),
        (None, "—"),
    ],
)
def test_money(amount, shown):
    assert text("{{ x|money }}", x=amount).replace("\u00a0", " ") == shown


def test_days_moments_periods():
    assert formats.day(date(2026, 11, 26)) == "26.11.2026"
    assert formats.day(datetime(2026, 11, 25, 22, tzinfo=UTC)) == "26.11.2026"
    assert formats.moment(datetime(2026, 11, 26, 11, 5, tzinfo=UTC)) == "26.11.2026 14:05"
    assert (
        formats.period((date(2019, 2, 1), date(2019, 8, 1))).replace("\u00a0", " ")
        == "01.02.2019 – 31.07.2019"
    )
    assert formats.period((date(2019, 2, 1), date(2019, 2, 2))) == "01.02.2019"
    assert formats.period(None) == formats.moment(None) == formats.day(None) == "—"


def test_query_keeps_the_rest_of_the_address():
    assert text("{% query status='b' %}") == "?status=b&amp;after=x"
    assert text("{% first_page sort='-id' %}") == "?status=a&amp;sort=-id"


def test_copy_and_badge_escape():
    assert "&lt;script&gt;" in text("{% copy x %}", x="<script>")
    assert "<script>" not in badge("<script>")


def test_an_asset_changes_its_address_with_its_content():
    assert re.fullmatch(r"/static/css/panel\.css\?v=[0-9a-f]{10}", text("{% asset 'css/panel.css' %}"))
    with pytest.raises(FileNotFoundError):
        text("{% asset 'css/none.css' %}")


def test_a_panel_nobody_has_yet_is_nothing():
    assert text("{% panel 'no-such-room' 1 %}").strip() == ""


def test_every_stored_status_has_a_look():
    missing = [
        (model._meta.label_lower, value)
        for model in apps.get_models()
        for name in ("Status", "State", "Outcome")
        for value in getattr(getattr(model, name, None), "values", ())
        if (model._meta.label_lower, value) not in LOOKS
    ]
    assert not missing


def test_no_script_stands_in_a_page():
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        source = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|hx-on|javascript:", source), path


def test_translations_are_joined_and_checked(tmp_path):
    parts = tmp_path / "locale" / "ru" / "parts"
    parts.mkdir(parents=True)
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "x.py").write_text('_("One"); ngettext("%(n)s row", "%(n)s rows", 2); _("Two")')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x.html").write_text("  {% if a %}\n {% translate 'Three' %}{% endif %}")
    (parts / "a.po").write_text('msgid "One"\nmsgstr "Один"\n')
    assert {key[1] for key in translations.missing(tmp_path)} == {"%(n)s row", "Two", "Three"}
    (parts / "b.po").write_text('msgid "One"\nmsgstr "Раз"\n')
    assert len(translations.read_parts(tmp_path)[1]) == 1


def test_many_may_compile_translations_at_once(tmp_path):
    parts = tmp_path / "locale" / "ru" / "parts"
    parts.mkdir(parents=True)
    (parts / "a.po").write_text('msgid "One"\nmsgstr "Один"\n')
    with ThreadPoolExecutor(8) as people:
        made = list(people.map(translations.compile_parts, [tmp_path] * 40))
    assert [path.name for path in made[0].parent.iterdir()] == ["django.mo"]


def test_texts_of_the_frame_are_all_in_russian():
    ours = re.compile(r"(billing_site/pages|templates/(pages|account|base|[45]))")
    for (_context, msgid), one in translations.missing(Path(settings.BASE_DIR)).items():
        assert not ours.match(one.places[0]), msgid


def test_check_fails_on_a_gap(monkeypatch):
    monkeypatch.setattr(
        translations, "missing", lambda root: {(None, "Gap"): translations.Wanted(places=["x:1"])}
    )
    with pytest.raises(CommandError, match="Gap"):
        call_command("messages", "--check")
