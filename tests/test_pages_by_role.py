"""Every page × everybody who may come: one table. A new URL name without a row fails the test.

A row says the right (billing_site/roles.py gives the roles that have it), the objects in the address
(names of tests/small_office.py) and, where it differs, what the page answers.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import transaction
from django.test import Client as Browser
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from billing_site.pages.access import SIGNED_IN
from billing_site.roles import ROLES
from tests import small_office

pytestmark = pytest.mark.django_db
PUBLIC = "public"


@dataclass(frozen=True)
class Page:
    """`ok` for those who may; `outside` for a manager who has the right but not the client.

    `query` may name objects of the office: "client={0.client}".
    """

    right: str
    about: tuple[Any, ...] = ()
    ok: int = 200
    outside: int | None = None
    posts: bool = False
    query: str = ""

    def expected(self, who: str) -> int:
        if who == "anonymous" and self.right != PUBLIC:
            return 302
        if not has(who, self.right):
            return 403
        if who == "outsider":
            return self.outside_scope
        return self.ok

    @property
    def outside_scope(self) -> int:
        return self.outside or (404 if self.about or self.query else self.ok)


def has(who: str, right: str) -> bool:
    if right in (PUBLIC, SIGNED_IN) or who == "admin":
        return True
    return right in ROLES.get("account_manager" if who == "outsider" else who, ())


def see(right: str, *about: Any, **how: Any) -> Page:
    """A page that is read."""
    return Page(right, about, **how)


def act(right: str, *about: Any, **how: Any) -> Page:
    """A page that is read and sent."""
    return Page(right, about, posts=True, **how)


VIEW = {name: f"{app}.view_{name}" for app, names in {
    "clients": ("client", "note"), "products": ("product", "order", "service"),
    "invoices": ("invoice", "payment", "statement", "bankline"), "tickets": ("ticket", "rawmail"),
    "letters": ("letter",),
}.items() for name in names}  # fmt: skip
CLIENT, ORDER, SERVICE, INVOICE = VIEW["client"], VIEW["order"], VIEW["service"], VIEW["invoice"]
EDIT, MONEY, TICKET, LETTER = (
    "clients.change_client",
    "invoices.record_payment",
    VIEW["ticket"],
    VIEW["letter"],
)
CONTACTS = "clients.change_contacts"
ANSWER, MAIL = "tickets.answer_ticket", "letters.change_letter"

PAGES: dict[str, Page] = {
    # home and frame
    "home": see(SIGNED_IN),
    "home-figures": see(SIGNED_IN),
    "help": see(SIGNED_IN),
    "search": see(SIGNED_IN),
    "profile": Page(SIGNED_IN),
    "home-renewals": see("invoices.issue_invoice"),
    "home-debts": see("invoices.issue_invoice"),
    "home-month": see(SERVICE, 2026, 11, outside=200),
    "system": see("office.view_system"),
    "set-language": see(SIGNED_IN, ok=405),
    "set-theme": see(SIGNED_IN, ok=405),
    "list-setup": see(SIGNED_IN, ok=405),
    "view-new": see(SIGNED_IN, query="?next=/jobs/", outside=200),
    "view-edit": see(SIGNED_IN, "view", outside=200),
    "view-delete": see(SIGNED_IN, "view", outside=200),
    # clients
    "client-list": see(CLIENT),
    "client-new": act("clients.add_client"),
    "client-import": act("clients.import_client"),
    "client-import-run": act("clients.import_client", ok=302),
    "payer-list": see("clients.view_payer"),
    "contact-list": see(CLIENT),
    "client-manager": act(EDIT, "client"),
    "client-bulk-manager": act(EDIT, ok=302),
    "client-bulk-group": act(EDIT, ok=302),
    "client-bulk-status": act(EDIT, ok=302),
    "client-field": act(EDIT, "client", "field"),
    "client-presence": see(CLIENT, "client"),
    "client-similar": see("clients.add_client"),
    "client-detail": see(CLIENT, "client"),
    "client-important": see(CLIENT, "client"),
    "client-log": see(CLIENT, "client"),
    "client-money": see(INVOICE, "client"),
    "client-counts": see(CLIENT, "client"),
    "client-account": see(INVOICE, "client"),
    "client-seen": see(INVOICE, "client"),
    "client-close": act(EDIT, "client"),
    "client-delete": act("clients.delete_client", "client"),
    "client-letter": act("letters.add_letter", "client"),
    "client-edit": act(EDIT, "client"),
    "client-contacts": act(CONTACTS, "client"),
    "contacts-ask": act(CONTACTS, "client"),
    "contacts-confirm": see(PUBLIC, "question", outside=200),
    "client-status": act(EDIT, "client"),
    "payer-replace": act("clients.change_payer", "client", "payer"),
    "payer-kpp": act("clients.change_payer", "client", "payer"),
    "payer-codes": see("clients.view_payer"),
    "client-managerless": see(CLIENT),
    "client-papers": see(CLIENT, "client"),
    "contract-new": act(EDIT, "client"),
    "contract-edit": act(EDIT, "client", "contract"),
    "contract-scan": see(CLIENT, "client", "contract"),
    "licence-new": act(EDIT, "client"),
    "licence-edit": act(EDIT, "client", "licence"),
    "client-option": act(EDIT, "client", "option"),
    "payer-new": act("clients.add_payer", "client"),
    "payer-edit": act("clients.change_payer", "client", "payer"),
    "contact-new": act(CONTACTS, "client"),
    "contact-edit": act(CONTACTS, "client", "contact"),
    "contact-ask": act(CONTACTS, "client", "contact"),
    "contact-proof": see(CONTACTS, "client", "letterhead"),
    "note-new": act("clients.add_note", "client", ok=302),
    "note-more": see(VIEW["note"], "client"),
    "note-edit": act("clients.change_note", "client", "note"),
    "note-delete": act("clients.change_note", "client", "note", ok=405, outside=405),
    "note-file": see(VIEW["note"], "client", "note_file"),
    "note-list": see(VIEW["note"]),
    "mention-list": see(SIGNED_IN),
    "mention-open": see(SIGNED_IN, "mention", ok=405, outside=405),
    "client-secret": see("clients.reveal_secret", "client", "portal_password", ok=405, outside=405),
    "company-group-list": see("clients.view_companygroup"),
    "company-group-new": act("clients.add_companygroup"),
    "company-group-detail": see("clients.view_companygroup", "company_group"),
    "company-group-edit": act("clients.change_companygroup", "company_group"),
    "client-group-list": see("clients.view_clientgroup"),
    "client-group-new": act("clients.add_clientgroup"),
    "client-group-edit": act("clients.change_clientgroup", "client_group", outside=403),
    "client-join": act(EDIT, "client"),
    "client-referral": act(EDIT, "client"),
    "client-links": see(CLIENT, "client"),
    "todo-list": see("clients.view_todo"),
    "todo-new": act("clients.add_todo"),
    "todo-edit": act("clients.change_todo", "todo"),
    "todo-done": act("clients.change_todo", "todo", ok=405, outside=405),
    "client-todos": see("clients.view_todo", "client"),
    "client-hold": act("letters.add_hold", "client"),
    "client-lift": act("letters.delete_hold", "client"),
    "client-services": see(SERVICE, "client"),
    "client-orders": see(ORDER, "client"),
    "client-works": see("products.view_billableitem", "client"),
    "client-works-bill": act("products.change_billableitem", "client"),
    "client-quotes": see("products.view_quote", "client"),
    "client-invoices": see(INVOICE, "client"),
    "client-payments": see(VIEW["payment"], "client"),
    "client-tickets": see(TICKET, "client"),
    "client-letters": see(LETTER, "client"),
    # products, orders, services
    "product-list": see(VIEW["product"]),
    "product-detail": see(VIEW["product"], "product", outside=200),
    "product-edit": act("products.change_product", "product"),
    "price-new": act("products.change_product", "product"),
    "product-new": act("products.add_product"),
    "option-new": act("products.change_product", "product"),
    "option-edit": act("products.change_product", "product_option"),
    "companion-new": act("products.change_product", "product"),
    "companion-drop": act("products.change_product", "companion"),
    "product-group-list": see(VIEW["product"]),
    "product-group-new": act("products.change_product"),
    "product-group-edit": act("products.change_product", "product_group"),
    "prices-raise": act("products.change_product"),
    "old-prices": see("products.change_product"),
    "reprice": act("products.change_product"),
    "promotion-list": see("products.view_promotion"),
    "promotion-detail": see("products.view_promotion", "promotion", outside=200),
    "promotion-new": act("products.add_promotion"),
    "promotion-edit": act("products.change_promotion", "promotion"),
    "order-bulk-close": act("products.cancel_order", ok=302),
    "order-list": see(ORDER),
    "order-new": act("products.add_order"),
    "order-clients": see("products.add_order"),
    "order-things": see("products.add_order"),
    "order-line": see("products.add_order", query="?client={0.client}&n=0"),
    "order-summary": see("products.add_order", query="?client={0.client}"),
    "order-detail": see(ORDER, "order"),
    "order-invoices": see(INVOICE, "order"),
    "order-accept": act("products.accept_order", "order"),
    "order-cancel": act("products.cancel_order", "order"),
    "order-refuse": act("products.cancel_order", "order"),
    "order-fraud": act("products.cancel_order", "order"),
    "order-reopen": act("products.cancel_order", "order"),
    "work-list": see("products.view_billableitem"),
    "work-new": act("products.add_billableitem"),
    "work-edit": act("products.change_billableitem", "work"),
    "work-drop": act("products.change_billableitem", "work"),
    "work-restore": act("products.change_billableitem", "work"),
    "quote-list": see("products.view_quote"),
    "quote-new": act("products.add_quote"),
    "quote-detail": see("products.view_quote", "quote"),
    "quote-edit": act("products.change_quote", "quote"),
    "quote-send": act("products.change_quote", "quote"),
    "quote-letter": see("products.view_quote", "quote"),
    "quote-paper": see("products.view_quote", "quote"),
    "quote-pdf": see("products.view_quote", "quote", ok=404),
    "quote-accept": act("products.add_order", "quote"),
    "quote-decline": act("products.change_quote", "quote"),
    "quote-reopen": act("products.change_quote", "quote"),
    "public-quote": see(PUBLIC, "quote_token", outside=200),
    "public-quote-pdf": see(PUBLIC, "quote_token", outside=200),
    "public-quote-accept": see(PUBLIC, "quote_token", outside=200),
    "public-quote-decline": see(PUBLIC, "quote_token", outside=200),
    "service-list": see(SERVICE),
    "service-detail": see(SERVICE, "service"),
    "unpaid-units": see("invoices.void_invoice"),
    "invoice-prolong": act("invoices.void_invoice", "paid"),
    "invoice-take-back": act("invoices.void_invoice", "paid"),
    "service-addon": act("products.change_service", "service"),
    "service-plan": act("products.change_service", "service"),
    "service-plans": see(SERVICE, "service"),
    "plan-withdraw": act("products.change_service", "plan"),
    "service-access": act("products.change_service", "service"),
    "service-suspend": act("products.suspend_service", "service"),
    "service-unsuspend": act("products.suspend_service", "service"),
    "domain-list": see("products.view_domain"),
    "domain-edit": act("products.change_domain", "domain"),
    "domain-code": see("clients.reveal_secret", "domain", ok=405, outside=405),
    "service-domain": see("products.view_domain", "service"),
    "service-calls": see("products.view_modulecall", "service"),
    "call-list": see("products.view_modulecall"),
    "call-detail": see("products.view_modulecall", "call"),
    "call-again": act("products.change_modulecall", "call"),
    "call-leave": act("products.change_modulecall", "call"),
    "program-list": see("products.view_moduleendpoint"),
    "program-detail": see("products.view_moduleendpoint", "program"),
    "program-new": act("products.add_moduleendpoint"),
    "program-edit": act("products.change_moduleendpoint", "program"),
    "program-secret": see("products.change_moduleendpoint", "program", ok=405),
    "program-ping": act("products.change_moduleendpoint", "program"),
    "service-password": see("clients.reveal_secret", "service", ok=405, outside=405),
    "service-not-until": act("products.change_service", "service"),
    "service-end": act("products.change_service", "service"),
    "service-go-on": act("products.change_service", "service"),
    "service-terminate": act("products.terminate_service", "service"),
    "service-transfer": act("products.transfer_service", "service"),
    "drift-list": see(SERVICE),
    "drift-look": act("products.change_service"),
    "service-drift": see(SERVICE, "service"),
    "drift-repair": act("products.change_service", "service", "drift"),
    "service-change": act("products.change_service", "service"),
    "service-invoices": see(INVOICE, "service"),
    "service-tickets": see(TICKET, "service"),
    # invoices and money
    "invoice-list": see(INVOICE),
    "invoice-detail": see(INVOICE, "draft"),
    "invoice-presence": see(INVOICE, "draft"),
    "invoice-paper": see(INVOICE, "draft"),
    "invoice-send": act("invoices.issue_invoice", "draft"),
    "invoice-letter": see("invoices.issue_invoice", "draft"),
    "invoice-letter-again": act(MAIL, "paid"),
    "invoice-discard": act("invoices.discard_invoice", "draft"),
    "invoice-void": act("invoices.void_invoice", "draft"),
    "invoice-reissue": act("invoices.void_invoice", "draft"),
    "invoice-split": act("invoices.void_invoice", "draft"),
    "revision-pdf": see(INVOICE, "revision", ok=404),
    "payment-list": see(VIEW["payment"]),
    "payment-detail": see(VIEW["payment"], "payment"),
    "renewal-forecast": see(INVOICE, outside=200),
    "renewal-board": see(INVOICE),
    "board-managers": see(INVOICE, 2026, 12, outside=200),
    "renewal-calendar": see(INVOICE),
    "renewal-send": act("invoices.issue_invoice", ok=302),
    "invoice-checked": act("invoices.issue_invoice", "draft", ok=302),
    "parked-list": see(INVOICE),
    "parked-detail": see(INVOICE, "parked"),
    "parked-as-is": act("invoices.issue_invoice", "parked"),
    "parked-again": act("invoices.issue_invoice", "parked"),
    "parked-bulk-as-is": act("invoices.issue_invoice", ok=302),
    "proof-list": see("invoices.look_proof"),
    "proof-detail": see("invoices.look_proof", "proof"),
    "proof-seen": act("invoices.look_proof", "proof"),
    "public-invoice": see(PUBLIC, "token", outside=200),
    "public-invoice-pdf": see(PUBLIC, "token", ok=503, outside=503),  # the worker has not made it yet
    "bank-desk": see(VIEW["bankline"]),
    "bank-line-list": see(VIEW["bankline"]),
    "bank-line": see(VIEW["bankline"], "line"),
    "bank-line-accept": act(MONEY, "line"),
    "bank-line-split": act(MONEY, "line"),
    "bank-line-aside": act(MONEY, "line"),
    "bank-line-reopen": act(MONEY, "line"),
    "statement-list": see(VIEW["statement"]),
    "statement-new": act("invoices.add_statement"),
    "statement-detail": see(VIEW["statement"], "statement"),
    "statement-file": see(VIEW["statement"], "statement"),
    "statement-again": act("invoices.add_statement", "statement"),
    # tickets
    "ticket-list": see(TICKET),
    "ticket-new": act("tickets.add_ticket"),
    "ticket-next": see(TICKET, ok=302),
    "ticket-clients": see(TICKET),
    "ticket-detail": see(TICKET, "ticket"),
    "ticket-presence": see(TICKET, "ticket"),
    "ticket-earlier": see(TICKET, "ticket"),
    "ticket-answer": act(ANSWER, "ticket"),
    "ticket-note": act(ANSWER, "ticket"),
    "ticket-take": act(ANSWER, "ticket"),
    "ticket-assign": act(ANSWER, "ticket"),
    "ticket-hand": act(ANSWER, "ticket"),
    "ticket-priority": act(ANSWER, "ticket"),
    "ticket-client": act(ANSWER, "ticket"),
    "ticket-wait": act(ANSWER, "ticket"),
    "ticket-resume": act(ANSWER, "ticket"),
    "ticket-close": act("tickets.close_ticket", "ticket"),
    "ticket-reopen": act("tickets.close_ticket", "ticket"),
    "ticket-carry-out": act("products.carry_out_handover", "handover"),
    "message-html": see(TICKET, "message"),
    "message-raw": see(VIEW["rawmail"], "message"),
    "message-file": see(TICKET, "file"),
    "quarantine-list": see(VIEW["rawmail"]),
    "quarantine-detail": see(VIEW["rawmail"], "stuck"),
    "quarantine-raw": see(VIEW["rawmail"], "stuck"),
    "quarantine-retry": act("tickets.retry_rawmail", "stuck"),
    "quarantine-ticket": act("tickets.retry_rawmail", "stuck"),
    # reports, letters, journal
    "debtors": see("reports.view_debtors"),
    "letter-list": see(LETTER),
    "letter-detail": see(LETTER, "letter"),
    "letter-html": see(LETTER, "letter"),
    "letter-file": see(LETTER, "letter", "attachment"),
    "letter-release": act(MAIL, "letter"),
    "letter-drop": act(MAIL, "letter"),
    "letter-arrived": act(MAIL, "letter"),
    "letter-again": act(MAIL, "letter"),
    "journal-list": see("journal.view_entry"),
    "job-list": see(SIGNED_IN),
    "job-detail": see(SIGNED_IN, "job"),
    "job-progress": see(SIGNED_IN, "job"),
    "job-file": see(SIGNED_IN, "job"),
    "job-cancel": see(SIGNED_IN, "job"),
    "job-retry": see(SIGNED_IN, "job"),
}
# Signing in and out is allauth's and tested by its own pages' tests; these say only that they open.
ACCOUNT = {
    "account_login", "account_logout", "account_inactive", "account_signup", "account_reauthenticate",
    "account_change_password", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done",
}  # fmt: skip
# … and these are closed for everybody (billing_site/pages/errors.py).
CLOSED = {
    "account_email": "/account/email/", "account_email_verification_sent": "/account/confirm-email/",
    "account_confirm_email": "/account/confirm-email/key/", "account_set_password": "/account/password/set/",
    "account_confirm_login_code": "/account/login/code/confirm/",
}  # fmt: skip


def url_names(resolver: URLResolver) -> set[str]:
    names: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            names |= url_names(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name:
            names.add(pattern.name)
    return names


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return str(tmp_path_factory.mktemp("office") / "files")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, files):
    """People and objects, made once; rolled back at the end of the module."""
    call_command("messages", "--compile")
    with django_db_blocker.unblock(), override_settings(STORAGES=storages(files)), transaction.atomic():
        people = small_office.staff()
        yield SimpleNamespace(people=people, office=small_office.office(people["account_manager"]))
        transaction.set_rollback(True)


def storages(folder: str) -> dict[str, Any]:
    return {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _files_of_the_office(settings, files):
    settings.STORAGES = storages(files)


def ask(user: Any, method: str, address: str) -> int:
    """The answer's status; whatever the request wrote is taken back."""
    browser = Browser(raise_request_exception=False)
    with transaction.atomic():
        if not isinstance(user, AnonymousUser):
            browser.force_login(user)
        status = getattr(browser, method)(address).status_code
        transaction.set_rollback(True)
    return status


def address_of(name: str, office: SimpleNamespace) -> str:
    about = [getattr(office, key) if isinstance(key, str) else key for key in PAGES[name].about]
    return reverse(name, args=about) + PAGES[name].query.format(office)


def test_every_url_name_stands_in_the_table():
    assert url_names(get_resolver()) - set(PAGES) - ACCOUNT - set(CLOSED) == set(), "add a row to PAGES"
    assert set(PAGES) - url_names(get_resolver()) == set(), "no such URL name any more"


@pytest.mark.parametrize(
    "name", [name for name in PAGES if not name.startswith("job-") or name == "job-list"]
)
def test_who_may_open_a_page(world, name):
    page, address = PAGES[name], address_of(name, world.office)
    answers = {who: ask(user, "get", address) for who, user in world.people.items()}
    assert answers == {who: page.expected(who) for who in world.people}


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.posts])
def test_who_may_not_open_a_page_may_not_send_it(world, name):
    page, address = PAGES[name], address_of(name, world.office)
    for who, user in world.people.items():
        if page.expected(who) in (302, 403) and not (has(who, page.right) and who != "anonymous"):
            assert ask(user, "post", address) == page.expected(who), who
        elif who == "outsider" and page.about:
            assert ask(user, "post", address) == 404


@pytest.mark.parametrize("name", ["job-detail", "job-progress", "job-file", "job-cancel", "job-retry"])
def test_a_job_is_its_authors(world, name):
    address = address_of(name, world.office)
    seeing = {who for who, user in world.people.items() if ask(user, "get", address) not in (302, 403, 404)}
    assert seeing <= {"account_manager", "admin", "head"}


@pytest.mark.parametrize("address", sorted(CLOSED.values()))
def test_pages_nobody_needs_are_closed(world, address):
    assert {ask(user, "get", address) for user in world.people.values()} == {404}
