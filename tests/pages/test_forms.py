from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test.html import parse_html

from billing_site.pages.fields import FilesField
from billing_site.pages.layout import quick_selects
from clients.models import Client


def test_a_form_calls_its_verb_and_leaves(browse, head):
    answer = browse(head).post("/clients/new/", {"name": "Ромашка"})
    made = Client.objects.get()
    assert answer.headers["Location"] == f"/clients/{made.pk}/"
    assert made.source == head.email


def test_what_a_verb_refuses_stands_at_its_field_and_nothing_is_lost(browse, head):
    text = browse(head).post("/clients/new/", {"name": "taken"}).content.decode()
    assert text.count("This name is taken.") == 2  # on top and at the field
    assert 'value="taken"' in text
    assert 'href="#id_name"' in text


def test_what_the_database_refuses_is_told(browse, head, monkeypatch):
    @transaction.atomic  # as verbs do
    def perform(self, form, by):
        row = Client.objects.create(name="a", registered_on="2026-01-01")
        row.addresses.create(address="UPPER@example.ru", kind="profile")

    monkeypatch.setattr("tests.pages.site.ClientNew.perform", perform)
    answer = browse(head).post("/clients/new/", {"name": "Ромашка"})
    assert answer.status_code == 200
    assert "address_lower" in answer.content.decode()
    assert 'value="Ромашка"' in answer.content.decode()


def test_an_action_asks_then_tells_why_not(browse, head, make_clients):
    (row,) = make_clients(1)
    browser = browse(head)
    assert "<form" in browser.get(f"/clients/{row.pk}/close/").content.decode()
    answer = browser.post(f"/clients/{row.pk}/close/", {"next": "/clients/"}, follow=True)
    assert answer.redirect_chain == [("/clients/", 302)]
    assert "Not today." in answer.content.decode()


def test_an_action_never_leads_to_a_foreign_host(browse, head, make_clients):
    (row,) = make_clients(1)
    answer = browse(head).post(f"/clients/{row.pk}/close/", {"next": "https://evil.example/"})
    assert answer.headers["Location"] == f"/clients/{row.pk}/"


def test_any_number_of_files_comes_as_a_list():
    files = [SimpleUploadedFile(name, b"1") for name in ("a.txt", "b.txt")]
    assert FilesField().clean(files) == files
    assert FilesField(required=False).clean([]) == []
    for nothing in (None, []):
        with pytest.raises(forms.ValidationError):
            FilesField().clean(nothing)
    with pytest.raises(forms.ValidationError):
        FilesField(required=False).clean([files[0], SimpleUploadedFile("empty.txt", b"")])


def test_a_quick_select_says_what_djangos_says():
    choices = [("", "любой"), (1, "Петрова & К°"), ("Отдел", [("a", "<А>"), ("b", "Б")])]

    class Asked(forms.Form):
        who = forms.ChoiceField(choices=choices, required=False, help_text="?")
        all = forms.MultipleChoiceField(choices=choices, widget=forms.SelectMultiple(attrs={"size": 4}))

    def printed(form: forms.Form) -> list[Any]:
        return [parse_html(str(form[name])) for name in ("who", "all")]

    for data in ({}, {"who": "1", "all": ["1"]}, {"who": "b", "all": ["a", "b"]}):
        assert printed(quick_selects(Asked(data))) == printed(Asked(data))
