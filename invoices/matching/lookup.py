"""Everything that could speak for an invoice, fetched at once for any number of bank lines."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.db.models import QuerySet

from billing_site.kit.text import bare_name
from billing_site.office.models import BankAccount, Seller, SellerRequisites
from clients.models import Payer
from invoices.evidence import OPEN, Candidate, LineFacts
from invoices.models import BankLine, Invoice, LearnedPayer
from invoices.purposes import PurposeReading, best_reading
from invoices.statements import purpose_variants

TAX_KEYS = ("СтатусСоставителя", "ПоказательКБК", "ПоказательОснования")
EMPTY = frozenset(("", "0"))


@dataclass(slots=True)
class KnownInvoice:
    """An invoice that lines might pay; `left` shrinks while their verdicts are made."""

    id: int
    client_id: int
    seller_id: int
    payer_id: int
    number: int
    issued_on: date
    left: Decimal
    status: str
    currency: str
    replaced_by: int | None
    payer_kpp: str
    payer_name: str


class Lookup:
    """What the judge must know about some lines: six or seven queries, however many they are."""

    def __init__(self, lines: Sequence[BankLine]):
        self.readings = {line.pk: best_reading(purpose_variants(line.purpose, line.raw)) for line in lines}
        self.accounts = {
            account.pk: account for account in BankAccount.objects.select_related("seller").order_by("pk")
        }
        self.own_accounts = {account.account for account in self.accounts.values()}
        self.own_inns = set(SellerRequisites.objects.values_list("inn", flat=True))
        self.prefixes = _prefixes()
        self._find_payers(lines)
        self._find_invoices(lines)

    # ── fetching ─────────────────────────────────────────────────────────────────────────────

    def _find_payers(self, lines: Sequence[BankLine]) -> None:
        parties = [party_of(line) for line in lines]
        inns = {inn for inn, _account in parties} | {i for r in self.readings.values() for i in r.inns}
        self.clients_by_inn: dict[str, set[int]] = defaultdict(set)
        self.payers: dict[tuple[int, str], int] = {}
        found = Payer.objects.filter(inn__in=inns - {""}).order_by("is_default", "pk")
        for payer_id, client_id, inn in found.values_list("pk", "client_id", "inn"):
            self.clients_by_inn[inn].add(client_id)
            self.payers[client_id, inn] = payer_id
        accounts = {account for _inn, account in parties} - {""}
        self.clients_by_account: dict[str, set[int]] = defaultdict(set)
        learned = LearnedPayer.objects.filter(account__in=accounts).values_list("account", "client_id")
        for account, client_id in learned:
            self.clients_by_account[account].add(client_id)

    def _find_invoices(self, lines: Sequence[BankLine]) -> None:
        self.invoices: dict[int, KnownInvoice] = {}
        self.by_number: dict[int, list[int]] = defaultdict(list)
        self.by_client: dict[int, list[int]] = defaultdict(list)
        numbers = {ref.number for reading in self.readings.values() for ref in reading.refs}
        clients = {c for line in lines for c in self._clients_of(line)}
        series = set(Seller.objects.values_list("series", flat=True))
        numbered = Invoice.objects.filter(number__isnull=False)
        self._add(numbered.filter(series__in=series, number__in=numbers))
        self._add(numbered.filter(client__in=clients, status__in=OPEN))
        while heirs := self._heirs() - self.invoices.keys():
            before = len(self.invoices)
            self._add(numbered.filter(pk__in=heirs))
            if len(self.invoices) == before:  # an heir that is a draft still
                break

    def _heirs(self) -> set[int]:
        return {one.replaced_by for one in self.invoices.values() if one.replaced_by is not None}

    def _add(self, found: QuerySet[Invoice]) -> None:
        rows = found.values_list(
            "pk", "client_id", "seller_id", "payer_id", "number", "issued_on", "total", "paid", "status",
            "currency", "replaced_by_id", "payer__kpp", "payer__name",
        )  # fmt: skip
        for pk, client, seller, payer, number, on, total, paid, status, currency, heir, kpp, name in rows:
            if pk in self.invoices or number is None or on is None:  # only a draft has neither
                continue
            left = total - paid
            self.invoices[pk] = KnownInvoice(
                pk, client, seller, payer, number, on, left, status, currency, heir, kpp, name
            )
            self.by_number[number].append(pk)
            self.by_client[client].append(pk)

    def _clients_of(self, line: BankLine) -> set[int]:
        inn, account = party_of(line)
        found = set(self.clients_by_inn.get(inn, ())) | self.clients_by_account.get(account, set())
        for quoted in self.readings[line.pk].inns:
            found |= self.clients_by_inn.get(quoted, set())
        return found

    # ── asking ───────────────────────────────────────────────────────────────────────────────

    def seller_of(self, line: BankLine) -> Seller | None:
        """Who owns the account the money moved on; None for an account that is not ours."""
        return self.accounts[line.account_id].seller if line.account_id else None

    def facts(self, line: BankLine) -> LineFacts:
        """The line as the judge sees it."""
        inn, account = party_of(line)
        seller = self.seller_of(line)
        reading = self.readings[line.pk]
        return LineFacts(
            amount=line.amount,
            posted_on=line.posted_on or line.date,
            reading=reading,
            seller_id=seller.pk if seller else None,
            direction=line.direction,
            kind=line.kind,
            party_inn=inn,
            party_kpp=line.payer_kpp if line.direction == "in" else "",
            party_account=account,
            inn_clients=frozenset(self.clients_by_inn.get(inn, ())),
            account_clients=frozenset(self.clients_by_account.get(account, ())),
            quoted_inn_clients=self._quoted(reading),
            is_own_party=inn in self.own_inns or account in self.own_accounts,
            has_tax_fields=any(_written(line, key) not in EMPTY for key in TAX_KEYS),
        )

    def _quoted(self, reading: PurposeReading) -> frozenset[int]:
        return frozenset(client for inn in reading.inns for client in self.clients_by_inn.get(inn, ()))

    def candidates(self, line: BankLine) -> list[Candidate]:
        """Invoices whose number is quoted (in any state), what replaced them, and the payer's open ones."""
        ids: dict[int, None] = {}
        for ref in self.readings[line.pk].refs:
            ids.update(dict.fromkeys(self.by_number.get(ref.number, ())))
        for invoice_id in list(ids):
            heir = self.invoices[invoice_id].replaced_by
            while heir in self.invoices and heir not in ids:
                ids[heir] = None
                heir = self.invoices[heir].replaced_by
        quoted = set(ids)
        for client_id in self._clients_of(line):
            ids.update(dict.fromkeys(self.by_client.get(client_id, ())))
        wanted = (self.invoices[invoice_id] for invoice_id in ids)
        return [
            self._candidate(one, line.payer_name)
            for one in wanted
            if one.currency == line.currency and (one.id in quoted or (one.status in OPEN and one.left > 0))
        ]

    def _candidate(self, one: KnownInvoice, payer_name: str) -> Candidate:
        return Candidate(
            invoice_id=one.id,
            client_id=one.client_id,
            seller_id=one.seller_id,
            number=one.number,
            issued_on=one.issued_on,
            open_amount=one.left,
            status=one.status,
            payer_kpp=one.payer_kpp,
            prefixes=self.prefixes[one.seller_id],
            name_similarity=similarity(payer_name, one.payer_name),
            replaced_by=one.replaced_by,
        )

    def spend(self, shares: Iterable[tuple[int, Decimal]]) -> None:
        """These invoices are being paid: the next lines see what is left of them."""
        for invoice_id, amount in shares:
            one = self.invoices[invoice_id]
            one.left -= amount
            if not one.left:
                one.status = Invoice.Status.PAID


def party_of(line: BankLine) -> tuple[str, str]:
    """INN and account of the other side: who paid us, or whom we paid."""
    if line.direction == BankLine.Direction.OUT:
        return _written(line, "ПолучательИНН"), _written(line, "ПолучательСчет")
    return line.payer_inn, line.payer_account


def _written(line: BankLine, key: str) -> str:
    value = line.raw.get(key, "")
    return value.strip() if isinstance(value, str) else ""


def _prefixes() -> dict[int, frozenset[str]]:
    """Seller → prefixes his numbers may carry in a purpose: ready purpose, printed number, both (R6.3)."""
    rows = Seller.objects.values_list("pk", "purpose_prefix", "number_prefix")
    return {pk: frozenset({purpose, printed, purpose + printed} - {""}) for pk, purpose, printed in rows}


def similarity(one: str, other: str) -> float:
    """How alike two names are, 0…1, as pg_trgm counts: common trigrams over all trigrams."""
    ours, theirs = _trigrams(one), _trigrams(other)
    return len(ours & theirs) / len(ours | theirs) if ours and theirs else 0.0


@lru_cache(maxsize=50_000)
def _trigrams(name: str) -> frozenset[str]:
    padded = (f"  {word} " for word in bare_name(name).split())
    return frozenset(word[at : at + 3] for word in padded for at in range(len(word) - 2))
