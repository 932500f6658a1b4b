"""The large office, small: exact, the same for the same seed, its books right, its life of every kind."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Max

from billing_site.home.books import differences
from billing_site.home.large import kept
from billing_site.home.large.build import build
from billing_site.home.large.invoices import token_of
from billing_site.home.large.sizes import Size
from billing_site.home.management.commands.set_up import furnish
from billing_site.kit.requisites import check_account, check_inn, check_kpp, check_ogrn
from billing_site.office.models import User
from clients.models import Client, Contact, EmailAddress, FormerId, LicenceItem, Note, Payer
from invoices.issuing import find_link
from invoices.models import BankLine, CreditAccount, Invoice, Payment, ProofCard, Revision
from products.models import Batch, Order
from tests import make
from tests.make import user
from tickets.models import Ticket

SMALL = Size(clients=60, invoices=600, tickets=40, seed=7, on=date(2026, 11, 25))
DOMAIN = ("clients_", "invoices_", "products_", "tickets_", "letters_", "journal_entry")


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """One office for all that only look at it; it is committed, so it is taken away at the end."""
    with django_db_blocker.unblock():
        _again(SMALL)
    yield
    with django_db_blocker.unblock():
        _empty()


@pytest.fixture
def office(built, db):
    return None


def _empty() -> None:
    call_command("flush", interactive=False, verbosity=0)
    furnish()


def _again(size: Size) -> None:
    _empty()
    build(size)


def _digests() -> dict[str, str]:
    """Of every table of the domain; links are encrypted anew each time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        tables = [name for (name,) in cursor.fetchall() if name.startswith(DOMAIN)]
        found = {}
        for table in sorted(tables):
            row = "to_jsonb(t) - 'token'" if table == "invoices_publiclink" else "to_jsonb(t)"
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(({row})::text, '|' ORDER BY t::text), '')) FROM {table} t"
            )
            found[table] = cursor.fetchone()[0]
    return found


def _people() -> list[list[tuple]]:
    """The first clients of an office."""
    first = Client.objects.order_by("pk")[:60]
    payers = Payer.objects.filter(client__in=list(first)).order_by("pk")
    notes = Note.objects.filter(client__in=list(first)).exclude(client=12462).order_by("client", "pk")
    return [
        list(first.values_list("pk", "name", "phone", "source", "company")),
        list(payers.values_list("pk", "client", "name", "inn", "account")),
        list(notes.values_list("client", "text", "important")),
    ]


def test_the_same_seed_makes_the_same_office(transactional_db):
    _again(SMALL)
    first, people = _digests(), _people()
    _again(SMALL)
    assert _digests() == first
    # What a client is depends neither on how many there are nor on what they were billed for.
    _again(Size(120, 900, 10, seed=SMALL.seed, on=SMALL.on))
    assert _people()[:2] == people[:2]
    _again(Size(60, 600, 40, seed=8, on=SMALL.on))
    assert _people()[0] != people[0]


def test_the_figures_are_exact_and_the_books_right(office):
    assert (Client.objects.count(), Invoice.objects.count(), Ticket.objects.count()) == (60, 600, 40)
    assert list(differences()) == []


def test_every_kind_of_invoice_is_there(office):
    kinds = set(Invoice.objects.values_list("status", "role"))
    assert {status for status, _role in kinds} >= {"draft", "issued", "paid", "void", "discarded"}
    assert {role for _status, role in kinds} == {"main", "addon", "one_off"}
    unpaid = Invoice.objects.filter(status="issued")
    assert 0.02 * 600 < unpaid.count() < 0.12 * 600
    assert unpaid.filter(paid__gt=0).exists()
    days = unpaid.values_list("due_on", flat=True)
    assert min(days) < SMALL.today - timedelta(days=200)
    assert max(days) > SMALL.today
    assert not Revision.objects.filter(status="sent", file="").exists()  # no worker prints a million papers
    assert Revision.objects.filter(status="replaced").exists()


def test_some_are_heavy(office):
    heaviest = Client.objects.order_by("pk").first()
    assert heaviest.services.exclude(doubled_because="").exists()
    assert heaviest.separate_invoices
    assert set(Client.objects.annotate(n=Count("services")).values_list("n", flat=True)) >= {2, 3}
    assert Client.objects.annotate(n=Count("invoices")).aggregate(most=Max("n"))["most"] >= 100
    assert Note.objects.filter(client=heaviest.pk + 1).count() == 3
    assert Ticket.objects.annotate(n=Count("messages")).aggregate(most=Max("n"))["most"] == 200


def test_requisites_have_their_check_digits(office):
    for payer in Payer.objects.all():
        check_inn(payer.inn)
        check_account(payer.account, payer.bic)
        if payer.kind == "legal":
            check_kpp(payer.kpp)
        if payer.ogrn:
            check_ogrn(payer.ogrn)
    assert set(Payer.objects.values_list("kind", flat=True)) >= {"legal", "sole"}


def test_the_rest_of_an_office_is_there(office):
    for model in (Contact, FormerId, LicenceItem, Batch, Order, ProofCard, Payment, CreditAccount, BankLine):
        assert model.objects.exists(), model
    assert Client.objects.filter(name__contains="ё").exists()
    assert set(EmailAddress.objects.values_list("kind", flat=True)) >= {"profile", "exclusive"}
    admin = User.objects.get(email="admin@oblako.example")
    assert admin.is_superuser
    assert admin.check_password(settings.DEMO_PASSWORD)


def test_a_public_link_opens_its_invoice(office):
    invoice = Invoice.objects.exclude(number=None).latest("pk")
    link = find_link(token_of(SMALL.seed, invoice.pk))
    assert link.invoice == invoice
    assert link.token == token_of(SMALL.seed, invoice.pk)


def test_the_next_rows_get_the_next_numbers(office):
    client = Client.objects.latest("pk")
    assert make.client().pk > client.pk
    assert Note.objects.create(client=client, text="Новая").pk == Note.objects.count()


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        (["--clients=60"], "all three"),
        (["--clients=5", "--invoices=50", "--tickets=5"], "--clients: from 20"),
        (["--clients=60", "--invoices=60", "--tickets=5"], "--invoices: from 180 to 1500"),
        (["--clients=60", "--invoices=600", "--tickets=-1"], "--tickets: from 0"),
        (["--clients=60", "--invoices=600", "--tickets=4", "--seed=-1"], "--seed"),
        (["--template"], "all three"),
    ],
)
def test_impossible_sizes_are_refused(sizes, says):
    with pytest.raises(CommandError, match=says):
        call_command("demo", *sizes, stdout=StringIO())


@pytest.mark.django_db(transaction=True)  # a template's maker looks from another connection
@pytest.mark.parametrize("how", [[], ["--template"]])
def test_an_office_with_clients_is_left_alone(how):
    user()
    client = make.client()
    with pytest.raises(CommandError, match="not empty"):
        call_command("demo", "--clients=60", "--invoices=600", "--tickets=40", *how, stdout=StringIO())
    assert Client.objects.get() == client


@pytest.fixture
def template():
    """Stands for a kept template, so that nothing is built: it holds one table."""
    name = kept.name_of(SMALL)
    with kept.maintenance() as cursor:
        for one in (name, f"{name[:-10]}0123456789"):
            cursor.execute(f'CREATE DATABASE "{one}" IS_TEMPLATE true')
    with kept.connected(name) as cursor:
        cursor.execute("CREATE TABLE told AS SELECT 12 AS n")
    yield name
    with kept.maintenance() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE false')
    for one in (name, "large_office_clone"):
        kept.drop(one)


def test_a_clone_is_made_of_the_kept_template(template):
    for _twice in range(2):
        url = kept.clone(SMALL, "large_office_clone")
        assert url.endswith("/large_office_clone")
        with kept.connected("large_office_clone") as cursor:
            cursor.execute("SELECT n FROM told")
            assert cursor.fetchone() == (12,)
    kept.forget_older(template)
    assert kept.exists(template)
    assert not kept.exists(f"{template[:-10]}0123456789")


def test_a_template_is_named_by_all_that_decides_it():
    sizes = (SMALL, Size(60, 600, 40, 7), Size(61, 600, 40, 7), Size(60, 600, 40, 8))
    names = {kept.name_of(size) for size in sizes}
    assert len(names) == 4
    assert all(name.startswith("office_") and len(name) < 64 for name in names)
