"""Domains: services of their own year, one for each name, and what their registrar is asked to do."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from billing_site.journal.moves import record
from billing_site.kit import clock
from billing_site.kit.errors import Refused
from billing_site.kit.periods import add_months
from billing_site.kit.requisites import BadRequisite, normal_domain
from billing_site.office.models import User
from clients.actions import lock, set_changed
from clients.revealing import refuse_while_new
from products import provisioning
from products.models import LIVE, MONTHS, Domain, Handover, Product, Service, WantedLine

YEAR = 12
FAMILY_LENGTH = 40
SOON = timedelta(days=30)  # a domain that expires within is told in time
HALF_YEAR = timedelta(days=183)


def is_domain(product: Product) -> bool:
    return product.kind == Product.Kind.DOMAIN


def is_own(line: Any) -> bool:
    """Whether a line only tells which domain of the client's own a service uses: nothing is paid for it."""
    return is_domain(line.product) and line.option is None and line.domain_how == Domain.How.OWN


def named(typed: str) -> str:
    """A domain's name as it is kept: lower case, readable letters. Raises Refused at "domain"."""
    if not typed.strip():
        raise Refused(_("Type the domain's name."), "domain")
    try:
        return normal_domain(typed)
    except BadRequisite as wrong:
        raise Refused(str(wrong), "domain") from wrong


def family_of(product: Product, name: str) -> str:
    """Each name is a family of its own: a client may have many domains, but each of them once (R3.5)."""
    family = f"{product.family}:{name}"
    if len(family) <= FAMILY_LENGTH:
        return family
    return f"{family[: FAMILY_LENGTH - 9]}#{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def family_like(service: Service, product: Product) -> str:
    """The family of a service that becomes another product."""
    return family_of(product, service.domain) if is_domain(product) else product.family


def readable(typed: str) -> str:
    """A searched name as it is kept; what is no whole name stays as it was typed."""
    try:
        return normal_domain(typed)
    except BadRequisite:
        return typed


def refuse_taken(lines: Iterable[Any]) -> None:
    """Raise Refused for a name that stands twice among the lines, or that somebody has here."""
    names = [named(line.domain) for line in lines if is_domain(line.product) and line.option is None]
    if not names:
        return
    if twice := [name for name in names if names.count(name) > 1]:
        raise Refused(_("“%(domain)s” stands in the order twice.") % {"domain": twice[0]}, "domain")
    there = Domain.objects.filter(name__in=names, service__status__in=LIVE).order_by("name").first()
    if there:
        raise Refused(_("“%(domain)s” is one of our domains already.") % {"domain": there.name}, "domain")


def attach(services: Sequence[tuple[Service, WantedLine]]) -> None:
    """Domains of new services. A name whose last service has ended goes on with the new one."""
    for service, line in services:
        how = line.domain_how or Domain.How.REGISTER
        former = Domain.objects.filter(name=line.domain).exclude(service__status__in=LIVE)
        if not former.update(service=service, how=how, expires_on=None, auth_code=""):
            Domain.objects.create(name=line.domain, service=service, how=how)


@transaction.atomic
def change_domain(domain: Domain, *, by: User, **fields: Any) -> Domain:
    """What is known of a domain (`registrar`, `expires_on`, `auth_code`); the journal keeps no code."""
    lock(domain.service.client_id)
    row = (
        Domain.objects.select_for_update(no_key=True, of=("self",))
        .select_related("service")
        .get(pk=domain.pk)
    )
    before, after = set_changed(row, fields)
    if after:
        row.save(update_fields=list(after))
        record("products.domain_changed", row.service, by=by, before=before, after=after, domain=row.name)
    return row


@transaction.atomic
def reveal_code(domain: Domain, *, by: User) -> str:
    """The transfer code; who looked stays in the journal. With a new main e-mail only heads look (R2.4)."""
    if not domain.auth_code:
        raise Refused(_("Nothing is stored here."))
    refuse_while_new(domain.service.client, by)
    record("products.domain_code_revealed", domain.service, by=by, domain=domain.name)
    return domain.auth_code


def years_ahead(domain: Domain, paid_until: date) -> int:
    """Whole years that are paid and that the registrar has not been asked for; half a year off is no year."""
    years = 0
    if domain.expires_on is None:
        return years
    while paid_until - add_months(domain.expires_on, years * YEAR) > HALF_YEAR:
        years += 1
    return years


def renew_paid(limit: int = 500) -> list[Handover]:
    """Work for each domain that is paid for longer than it is registered; once while it waits."""
    waiting = Handover.objects.filter(service=OuterRef("service"), status=Handover.Status.WAITING)
    due = Domain.objects.filter(
        ~Exists(waiting), service__status=Service.Status.ACTIVE, service__paid_until__gt=F("expires_on")
    ).exclude(how=Domain.How.OWN)
    made = []
    for pk, client in due.order_by("expires_on", "pk").values_list("pk", "service__client")[:limit]:
        with transaction.atomic():
            lock(client)
            domain = due.filter(pk=pk).select_related("service__product__endpoint").first()
            if domain and (asked := _renewal(domain)):
                made += provisioning.hand_over([asked])
    return made


def _renewal(domain: Domain) -> Handover | None:
    """An unsaved hand-over «продлить до», counted in years: «2027 → 2028»."""
    service, expires = domain.service, domain.expires_on
    years = years_ahead(domain, service.paid_until) if service.paid_until else 0
    if expires is None or not years:
        return None
    until = add_months(expires, years * YEAR)
    return Handover(
        service=service,
        subject=_("Renew the domain %(name)s") % {"name": domain.name},
        body=_("%(was)s → %(becomes)s") % {"was": f"{expires:%d.%m.%Y}", "becomes": f"{until:%d.%m.%Y}"},
        was=expires.year,
        becomes=expires.year + years,
        unit=_("year"),
    )


def carried_out(handover: Handover) -> None:
    """The registrar has done it: the domain is ours for so long. Harmless for what is no domain."""
    domain = Domain.objects.filter(service=handover.service_id).select_related("service").first()
    if domain is None or domain.how == Domain.How.OWN or handover.option_id:
        return
    if handover.was > 1 and domain.expires_on:
        years = handover.becomes - domain.expires_on.year
        domain.expires_on = add_months(domain.expires_on, years * YEAR)
    elif handover.batch_id and domain.expires_on is None:
        domain.expires_on = add_months(clock.today(), max(YEAR, MONTHS[domain.service.cycle]))
    domain.save(update_fields=["expires_on"])
