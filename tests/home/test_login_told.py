"""What ./run prints to sign in with: only what works."""

from io import StringIO

import pytest
from django.core.management import call_command

from billing_site.home.demo.office import STAFF
from billing_site.office.models import User

pytestmark = pytest.mark.django_db


def told() -> str:
    out = StringIO()
    call_command("demo", "--if-empty", stdout=out)
    return out.getvalue()


def test_the_login_of_the_demo_office_is_told_while_it_works(settings):
    head = User.objects.create_user(STAFF[0][0], settings.DEMO_PASSWORD)
    assert told() == f"{STAFF[0][0]}  {settings.DEMO_PASSWORD}\n"
    head.set_password("changed by its owner")
    head.save()
    assert told() == ""


def test_a_real_office_is_told_nothing():
    User.objects.create_user("head@office.example", "a long password")
    assert told() == ""
