"""Verbs about contracts with clients (R1.3)."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit.errors import Refused
from billing_site.letters.actions import FilePart, store
from billing_site.office.models import Seller, User
from clients.actions import lock, set_changed
from clients.models import Client, Contract, Payer


def contract_of(payer: Payer, seller: Seller, on: date) -> Contract | None:
    """The contract that papers of this payer and seller stand on that day: the youngest in force."""
    lasting = Q(until__isnull=True) | Q(until__gte=on) | Q(prolongs=True)
    return (
        Contract.objects.filter(lasting, payer=payer, seller=seller, date__lte=on)
        .order_by("-date", "-id")
        .first()
    )


@transaction.atomic
def add_contract(
    client: Client, *, by: User, payer: Payer, file: FilePart | None = None, **fields: Any
) -> Contract:
    """A contract with one payer of the client.

    Raises Refused at "payer" for one of another client, at "number" when it is written down already.
    """
    lock(client.pk)
    _check_payer(payer, client)
    contract = Contract(client=client, payer=payer, **fields, **_kept_file(file))
    _save(contract)
    record("clients.contract_added", client, by=by, contract=contract.pk, number=contract.number)
    return contract


@transaction.atomic
def change_contract(contract: Contract, *, by: User, file: FilePart | None = None, **fields: Any) -> Contract:
    """Correct a contract or note that it came back signed; without a `file` the stored one stays."""
    client = lock(contract.client_id)
    row = Contract.objects.select_for_update(no_key=True, of=("self",)).get(pk=contract.pk)
    _check_payer(fields.get("payer", row.payer), client)
    before, after = set_changed(row, {**fields, **_kept_file(file)})
    if not after:
        return row
    _save(row)
    for facts in (before, after):
        facts.pop("storage_name", None)
    record("clients.contract_changed", client, by=by, number=row.number, before=before, after=after)
    return row


def _check_payer(payer: Payer, client: Client) -> None:
    if payer.client_id != client.pk:
        raise Refused(_("This payer belongs to another client."), "payer")


def _kept_file(file: FilePart | None) -> dict[str, str]:
    if file is None:
        return {}
    kept = store(file)
    return {"file_name": kept["name"], "storage_name": kept["storage_name"]}


def _save(contract: Contract) -> None:
    try:
        with transaction.atomic():
            contract.save()
    except IntegrityError as clash:
        if "contract_once" not in str(clash):
            raise
        raise Refused(_("This payer has a contract with this number and date already."), "number") from clash
