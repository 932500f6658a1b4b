"""R2.3: a service ends when somebody who may ask for it did, or by a proof; heads do without."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from billing_site.journal.models import Entry
from billing_site.kit import clock
from clients.models import Contact, EmailAddress
from invoices import billing
from products.actions import Wanted
from products.models import Service
from tests import make
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return make.user("account_manager")


@pytest.fixture
def client(manager):
    return make.client(name="Ромашка", account_manager=manager)


@pytest.fixture
def service(client, manager) -> Service:
    order = make.order(client, Wanted(make.product(), "half_year", 5), starts_on=date(2026, 11, 1))
    billing.accept_order(order, by=manager)
    Service.objects.update(status="active")
    return Service.objects.get()


def asked(client, **message) -> Ticket:
    """A ticket of the client with one message."""
    now = clock.now()
    ticket = Ticket.objects.create(
        client=client, subject="Отключите", department=make.department(), last_at=now
    )
    fields = {"kind": "client", "authentic": "pass", "from_profile": True, "from_name": "Иванов", **message}
    Message.objects.create(ticket=ticket, text="Отключите нас", at=now, **fields)
    return ticket


def typed(service, **more) -> dict:
    return {"because": "просят", "logins": "", "typed": service.pk, "ticket": "", "called": "", "whom": "",
            **more}  # fmt: skip


def test_a_manager_needs_a_proof_and_a_head_does_not(service, manager, browse):
    address = reverse("service-terminate", args=[service.pk])
    answer = browse(manager).post(address, typed(service), follow=True)
    assert "Ничто не подтверждает" in answer.content.decode()
    assert Service.objects.get(pk=service.pk).status == "active"
    assert browse(make.user("head")).post(address, typed(service)).status_code == 302
    assert Service.objects.get(pk=service.pk).status == "terminated"
    assert not Entry.objects.filter(verb="products.termination_proved").exists()


def test_an_authenticated_request_in_a_ticket_is_enough(service, client, manager, browse):
    ticket = asked(client)
    address = reverse("service-terminate", args=[service.pk])
    assert browse(manager).post(address, typed(service, ticket=ticket.pk)).status_code == 302
    entry = Entry.objects.get(verb="products.termination_proved")
    assert entry.facts == {"proof": f"Иванов в тикете #{ticket.pk}"}


@pytest.mark.parametrize("wrong", ["forged", "stranger", "papers", "another"])
def test_not_everybody_may_ask(service, client, manager, browse, wrong):
    person = Contact.objects.create(client=client, name="Бухгалтер", powers=["papers"])
    EmailAddress.objects.create(client=client, contact=person, address="buh@x.example", kind="exclusive")
    ticket = {
        "forged": lambda: asked(client, authentic="fail"),
        "stranger": lambda: asked(client, from_profile=False, from_address="who@x.example"),
        "papers": lambda: asked(client, from_profile=False, from_address="buh@x.example"),
        "another": lambda: asked(make.client()),
    }[wrong]()
    answer = browse(manager).post(
        reverse("service-terminate", args=[service.pk]), typed(service, ticket=ticket.pk)
    )
    assert list(answer.context["form"].errors) == ["ticket"]
    assert Service.objects.get(pk=service.pk).status == "active"


def test_a_person_with_the_power_may_ask(service, client, manager, browse):
    person = Contact.objects.create(client=client, name="Директор", powers=["order"])
    EmailAddress.objects.create(client=client, contact=person, address="dir@x.example", kind="exclusive")
    ticket = asked(client, from_profile=False, from_address="dir@x.example", from_name="")
    address = reverse("service-terminate", args=[service.pk])
    assert browse(manager).post(address, typed(service, ticket=ticket.pk)).status_code == 302
    assert "dir@x.example" in Entry.objects.get(verb="products.termination_proved").facts["proof"]


def test_a_letter_on_letterhead_is_kept_as_a_proof(service, client, manager, browse):
    paper = SimpleUploadedFile("письмо.pdf", b"%PDF-1.4", content_type="application/pdf")
    address = reverse("service-terminate", args=[service.pk])
    assert "multipart/form-data" in browse(manager).get(address).content.decode()
    assert browse(manager).post(address, typed(service, paper=paper)).status_code == 302
    proof = client.proofs.get()
    assert (proof.kind, proof.changes, proof.by) == ("paper", {"terminate": service.pk}, manager)
    assert "письмо.pdf" in Entry.objects.get(verb="products.termination_proved").facts["proof"]
