"""Payments with their allocations, credit balances, and the bank statements of the last months."""

from billing_site.home.large.ground import fill, plan
from billing_site.home.large.office import Office
from billing_site.home.large.sizes import Size
from invoices.models import (
    Allocation,
    BankLine,
    CreditAccount,
    CreditEntry,
    LearnedPayer,
    Payment,
    Statement,
)

STATEMENT_DAYS = 540  # since then money comes by bank files; before it was typed in
SURPLUS = 500


def plan_payments(size: Size, office: Office) -> None:
    """Each paid invoice is paid at once or in two parts; now and then more comes than was asked."""
    accounts = {seller.pk: seller.accounts.get().pk for seller in (office.cloud, office.expert)}
    account = " ".join(f"WHEN {seller} THEN {pk}" for seller, pk in accounts.items())
    plan("payment", f"""
        SELECT row_number() OVER (ORDER BY received_on, invoice_id, part) AS id, x.*,
            received_on >= DATE '{size.today}' - {STATEMENT_DAYS} AS by_file,
            CASE WHEN part = 1 AND large.roll(invoice_id, 200, 1000) < 7 THEN {SURPLUS} ELSE 0 END AS credited
        FROM (
            SELECT i.id AS invoice_id, i.number, p.id AS client_id, p.payer_id, i.seller_id, part, k,
                CASE i.seller_id {account} END AS account_id,
                coalesce(i.paid_on, least(DATE '{size.today}' - 1, i.day + 3)) - CASE WHEN parts > part
                    THEN least(2, coalesce(i.paid_on, i.day) - i.day) ELSE 0 END AS received_on,
                CASE WHEN parts = 1 THEN i.paid WHEN part = 1 THEN round(i.paid * 0.4, 2)
                     ELSE i.paid - round(i.paid * 0.4, 2) END AS amount
            FROM large.bill i JOIN large.person p USING (k),
                LATERAL (SELECT CASE WHEN large.roll(i.n, 201, 100) < 3 AND i.paid > 10 THEN 2 ELSE 1 END
                         AS parts) AS q,
                generate_series(1, parts) AS part
            WHERE i.paid > 0) AS x""", key="id")  # fmt: skip


def fill_statements(size: Size, office: Office) -> None:
    """One file a day and account, with a line a payment and what was none."""
    plan("statement", """
        SELECT row_number() OVER (ORDER BY day, account_id) AS id, s.*, b.account
        FROM (SELECT received_on AS day, account_id, count(*) AS lines, sum(amount + credited) AS income
              FROM large.payment WHERE by_file GROUP BY 1, 2) AS s
        JOIN office_bankaccount b ON b.id = s.account_id""", key="day")  # fmt: skip
    fill(Statement, "FROM large.statement s ORDER BY id", {
        "id": "s.id", "name": "'kl_to_1c_' || right(s.account, 4) || to_char(day, '_DDMMYYYY') || '.txt'",
        "sha256": "encode(sha256((day::text || s.account)::bytea), 'hex')", "balanced": "true",
        "storage_name": "'large/statement.txt'", "size": "s.lines * 900", "status": "'read'",
        "totals": "jsonb_build_object('in', s.income::text, 'out', '0.00', 'unknown', '0.00')",
        "accounts": """jsonb_build_array(jsonb_build_object('account', s.account, 'starts_on', day,
            'ends_on', day, 'opening', '0.00', 'in', s.income::text, 'stated_in', s.income::text,
            'out', '0.00', 'stated_out', '0.00', 'closing', s.income::text, 'balanced', true))""",
        "lines_new": "s.lines", "author_id": str(office.staff["treasury"].pk),
        "created_at": "large.at(day + 1, s.id, 203)",
    })  # fmt: skip
    _fill_bank_lines(size)


_LINES = """FROM large.payment m JOIN large.payer y ON y.id = m.payer_id
    JOIN large.statement s ON s.day = m.received_on AND s.account_id = m.account_id"""
_WHOSE = {
    "payer_name": "y.name", "payer_inn": "y.inn", "payer_kpp": "y.kpp", "payer_account": "y.account",
    "payer_bic": "y.bic", "kind": "'Платежное поручение'", "statement_id": "s.id",
    "account_id": "s.account_id", "direction": "'in'", "date": "m.received_on",
    "posted_on": "m.received_on", "rule_version": "1",
    "created_at": "large.at(m.received_on + 1, m.id, 204)", "number": "m.id % 900 + 100",
}  # fmt: skip


def _fill_bank_lines(size: Size) -> None:
    """The lines of payments; and of some days what nobody could match yet, or what no client paid."""
    purpose = "'Оплата по счету 88#' || m.number || ', НДС не облагается'"
    fill(BankLine, f"{_LINES} WHERE by_file ORDER BY m.id", {
        **_WHOSE, "id": "m.id", "key": "encode(sha256(('line ' || m.id)::bytea), 'hex')",
        "amount": "m.amount + m.credited", "purpose": purpose, "outcome": "'applied'",
        "raw": f"""jsonb_build_object('Номер', (m.id % 900 + 100)::text, 'Сумма',
                (m.amount + m.credited)::text,
            'НазначениеПлатежа', {purpose})""",
    })  # fmt: skip
    fill(BankLine, f"{_LINES} WHERE by_file AND large.roll(m.id, 205, 200) = 0 ORDER BY m.id", {
        **_WHOSE, "id": "(SELECT max(id) FROM large.payment) + row_number() OVER (ORDER BY m.id)",
        "key": "encode(sha256(('odd ' || m.id)::bytea), 'hex')",
        "amount": "1000 + large.roll(m.id, 206, 90000)",
        "purpose": "'Оплата за услуги облака по договору. НДС не облагается'",
        "outcome": f"""CASE WHEN m.received_on < DATE '{size.today}' - 30 OR large.roll(m.id, 207, 3) = 0
            THEN 'non_client' ELSE 'unmatched' END""",
    })  # fmt: skip


def fill_payments(office: Office) -> None:
    """Payments, what they pay, what they leave as credit, and the accounts that have paid before."""
    treasurer = str(office.staff["treasury"].pk)
    fill(Payment, "FROM large.payment m ORDER BY id", {
        "id": "m.id", "client_id": "m.client_id", "payer_id": "m.payer_id", "seller_id": "m.seller_id",
        "account_id": "m.account_id", "bank_line_id": "CASE WHEN by_file THEN m.id END",
        "received_on": "m.received_on", "amount": "m.amount + m.credited", "allocated": "m.amount",
        "credited": "m.credited", "author_id": treasurer, "created_at": "large.at(m.received_on, m.id, 202)",
        "note": "'Платёжное поручение № ' || m.id % 900 + 100",
    })  # fmt: skip
    fill(Allocation, "FROM large.payment m ORDER BY id", {
        "id": "m.id", "payment_id": "m.id", "invoice_id": "m.invoice_id", "seller_id": "m.seller_id",
        "amount": "m.amount", "at": "large.at(m.received_on, m.id, 202)", "by_id": treasurer,
    })  # fmt: skip
    _fill_credits(treasurer)
    fill(LearnedPayer, """FROM (SELECT payer_id, client_id, count(*) AS times, max(received_on) AS last_on
              FROM large.payment WHERE by_file GROUP BY 1, 2) AS m
            JOIN large.payer y ON y.id = m.payer_id ORDER BY y.id""", {
        "account": "y.account", "inn": "y.inn", "client_id": "m.client_id", "times": "m.times",
        "last_on": "m.last_on",
    })  # fmt: skip


def _fill_credits(treasurer: str) -> None:
    plan("credit", """
        SELECT row_number() OVER (ORDER BY payer_id, seller_id) AS id, payer_id, seller_id,
            sum(credited) AS balance
        FROM large.payment WHERE credited > 0 GROUP BY payer_id, seller_id""")  # fmt: skip
    fill(CreditAccount, "FROM large.credit c ORDER BY id", {
        "id": "c.id", "payer_id": "c.payer_id", "seller_id": "c.seller_id", "balance": "c.balance",
    })  # fmt: skip
    source = "FROM large.payment m JOIN large.credit c USING (payer_id, seller_id) WHERE credited > 0"
    fill(CreditEntry, f"{source} ORDER BY m.id", {
        "id": "row_number() OVER (ORDER BY m.id)", "account_id": "c.id", "amount": "m.credited",
        "payment_id": "m.id", "because": "'Оплачено больше, чем выставлено'",
        "at": "large.at(m.received_on, m.id, 202)", "by_id": treasurer,
    })  # fmt: skip
