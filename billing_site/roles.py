"""Who may do what: roles are code, groups are made from this table after every migration."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission

VIEW = (
    "clients.view_client", "clients.view_payer", "clients.view_note", "products.view_product",
    "products.view_order", "products.view_service", "invoices.view_invoice", "invoices.view_payment",
    "tickets.view_ticket", "letters.view_letter", "clients.view_todo", "clients.add_todo",
    "clients.change_todo", "clients.view_companygroup", "clients.view_clientgroup",
    "products.view_promotion", "products.view_quote", "products.view_billableitem",
    "products.view_modulecall", "products.view_domain",
)  # fmt: skip
CLIENTS = (
    "clients.add_client", "clients.change_client", "clients.add_payer", "clients.change_payer",
    "clients.add_note", "clients.change_note", "clients.change_contacts", "clients.add_companygroup",
    "clients.change_companygroup", "letters.add_letter", "letters.add_hold", "letters.delete_hold",
)  # fmt: skip
ORDERS = (
    "products.add_order", "products.accept_order", "products.cancel_order", "products.change_service",
    "products.change_domain",
    "products.add_quote", "products.change_quote", "products.add_billableitem",
    "products.change_billableitem",
)  # fmt: skip
INVOICES = (
    "clients.reveal_secret",
    "invoices.issue_invoice", "invoices.discard_invoice", "invoices.void_invoice", "invoices.look_proof",
    "products.terminate_service",
    "letters.change_letter", "products.suspend_service",
)  # fmt: skip
HANDS = (
    "clients.reveal_secret", "products.carry_out_handover", "tickets.view_rawmail", "tickets.retry_rawmail",
    "products.change_modulecall", "products.change_domain",
)  # fmt: skip
BANK = (
    "invoices.view_statement",
    "invoices.add_statement",
    "invoices.view_bankline",
    "invoices.record_payment",
)
TICKETS = ("tickets.add_ticket", "tickets.answer_ticket", "tickets.close_ticket")
REPORTS = ("reports.view_debtors",)
HEADS = (
    "clients.add_clientgroup", "clients.change_clientgroup", "clients.import_client", "clients.delete_client",
    "clients.waive_proofs", "invoices.send_without_code", "products.change_product", "products.add_product",
    "products.add_promotion", "products.change_promotion", "products.double_family",
    "products.transfer_service", "products.view_moduleendpoint",
    "products.add_moduleendpoint", "products.change_moduleendpoint", "journal.view_entry",
    "journal.view_job", "office.view_system",
)  # fmt: skip

ROLES: dict[str, tuple[str, ...]] = {
    "sales": VIEW + CLIENTS + ORDERS + TICKETS,
    "account_manager": VIEW + CLIENTS + ORDERS + INVOICES + TICKETS + REPORTS,
    "support": VIEW + TICKETS + HANDS,
    "treasury": VIEW + BANK + REPORTS,
    "head": VIEW + CLIENTS + ORDERS + INVOICES + BANK + TICKETS + REPORTS + HANDS + HEADS,
}


def split(codename: str) -> tuple[str, str]:
    app, _dot, name = codename.partition(".")
    return app, name


def sync_roles() -> None:
    """Make the groups say what ROLES says. Raises LookupError for a permission that doesn't exist."""
    known = {
        (p.content_type.app_label, p.codename): p for p in Permission.objects.select_related("content_type")
    }
    for role, codenames in ROLES.items():
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set(_wanted(known, codenames))


def _wanted(known: dict[tuple[str, str], Permission], codenames: Iterable[str]) -> list[Permission]:
    try:
        return [known[split(codename)] for codename in codenames]
    except KeyError as missing:
        raise LookupError(f"no such permission: {missing}") from missing
