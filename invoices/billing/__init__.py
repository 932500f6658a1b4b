"""The story between orders, services and money: accept, change, renew, send, receive.

Read it top to bottom: an order is accepted (services and drafts), a draft is checked and sent (number,
paper, letter, hand-overs), money is received (invoice paid, services active, dates moved), a running
service is changed (co-terminated add-on), and the clock renews what is due. Every verb locks Client →
Service → Invoice → Payment in this order, rows by id. Arithmetic stands in products.pricing and
invoices.totals; states move through billing_site.journal.moves.
"""

from invoices.billing.accompanying import (
    Together,
    change_together,
    companions_of,
    fingerprint_of,
    quote_companions,
)
from invoices.billing.attaching import attach_addon, quote_addon
from invoices.billing.changing import Change, Way, change_service, quote_change
from invoices.billing.closing import change_client_status, what_stops_closing
from invoices.billing.dispatching import (
    Draft,
    check_draft,
    drafts_of,
    late_drafts,
    renewal_drafts,
    renewals,
    seen_of,
    send_by,
    send_renewals,
    what_stops,
)
from invoices.billing.drifting import (
    LOOK,
    STRETCH,
    Repair,
    Scan,
    drifts,
    drifts_of,
    look_further,
    parts_of,
    quote_repair,
    repair,
    scan,
    start_look,
)
from invoices.billing.ending import (
    Ending,
    end_with_period,
    go_on,
    quote_ending,
    terminate,
    terminate_ended,
    transfer,
)
from invoices.billing.expiring import (
    TakeBack,
    expire_unpaid,
    prolong,
    quote_take_back,
    take_back_units,
    unpaid_units,
)
from invoices.billing.following import unpaid_renewal
from invoices.billing.gating import Held, said
from invoices.billing.ordering import accept_order
from invoices.billing.parking import park_broken
from invoices.billing.planning import (
    Planned,
    carry_out_planned,
    first_free_day,
    plan_change,
    quote_plan,
    withdraw_plan,
)
from invoices.billing.proving import look_through
from invoices.billing.receiving import Receipt, receive, receive_many
from invoices.billing.reissuing import (
    Reissue,
    Split,
    next_due,
    payer_today,
    quote_reissue,
    quote_split,
    reissue,
    split_off,
    unpaid_lines,
)
from invoices.billing.renewing import (
    due_clients,
    first_due,
    last_totals,
    look_for_due,
    plan_renewals,
    renew_chunk,
    renew_clients,
    renewing_services,
)
from invoices.billing.replacing import change_kpp, replace_payer, turn_payers, unpaid_of
from invoices.billing.sending import hand_over, send_invoice
from invoices.billing.unparking import bill_as_is, close_stale, count_again, plans_of
from invoices.billing.working import bill_works, collect, open_sum

__all__ = [
    "LOOK",
    "STRETCH",
    "Change",
    "Draft",
    "Ending",
    "Held",
    "Planned",
    "Receipt",
    "Reissue",
    "Repair",
    "Scan",
    "Split",
    "TakeBack",
    "Together",
    "Way",
    "accept_order",
    "attach_addon",
    "bill_as_is",
    "bill_works",
    "carry_out_planned",
    "change_client_status",
    "change_kpp",
    "change_service",
    "change_together",
    "check_draft",
    "close_stale",
    "collect",
    "companions_of",
    "count_again",
    "drafts_of",
    "drifts",
    "drifts_of",
    "due_clients",
    "end_with_period",
    "expire_unpaid",
    "fingerprint_of",
    "first_due",
    "first_free_day",
    "go_on",
    "hand_over",
    "last_totals",
    "late_drafts",
    "look_for_due",
    "look_further",
    "look_through",
    "next_due",
    "open_sum",
    "park_broken",
    "parts_of",
    "payer_today",
    "plan_change",
    "plan_renewals",
    "plans_of",
    "prolong",
    "quote_addon",
    "quote_change",
    "quote_companions",
    "quote_ending",
    "quote_plan",
    "quote_reissue",
    "quote_repair",
    "quote_split",
    "quote_take_back",
    "receive",
    "receive_many",
    "reissue",
    "renew_chunk",
    "renew_clients",
    "renewal_drafts",
    "renewals",
    "renewing_services",
    "repair",
    "replace_payer",
    "said",
    "scan",
    "seen_of",
    "send_by",
    "send_invoice",
    "send_renewals",
    "split_off",
    "start_look",
    "take_back_units",
    "terminate",
    "terminate_ended",
    "transfer",
    "turn_payers",
    "unpaid_lines",
    "unpaid_of",
    "unpaid_renewal",
    "unpaid_units",
    "what_stops",
    "what_stops_closing",
    "withdraw_plan",
]
