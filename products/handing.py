"""Hand-overs as support reads them: «+ 5 ГБ», «Δ 5-10»."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from products.models import Batch, Domain, Handover, Option, OptionChoice, Product, Service


def handovers_for(batches: Sequence[Batch]) -> list[Handover]:
    """Unsaved hand-overs of batches with `service.product` and `option` loaded, in one query."""
    held: dict[tuple[int, int | None], list[tuple[int, int]]] = {}
    standing = Batch.objects.standing().filter(service__in={batch.service_id for batch in batches})
    for service, option, pk, quantity in standing.values_list("service", "option", "pk", "quantity"):
        held.setdefault((service, option), []).append((pk, quantity))
    return [
        handover_for(
            batch,
            sum(n for pk, n in held.get((batch.service_id, batch.option_id), ()) if pk < batch.pk),
        )
        for batch in batches
    ]


def handover_for(batch: Batch, was: int) -> Handover:
    """An unsaved hand-over in the office's wording: «+ 5 ГБ», «Δ 5-10»."""
    thing = batch.option or batch.service.product
    pack = batch.option.pack if batch.option else 1
    measure = (batch.option.measure if batch.option else "") or thing.unit
    was, added = was * pack, batch.quantity * pack
    return Handover(
        service=batch.service,
        batch=batch,
        option=batch.option,
        subject=_gained(batch, f"{added} {measure}")[:200],
        body=f"Δ {was}-{was + added}",
        was=was,
        becomes=was + added,
        unit=measure,
    )


def _gained(batch: Batch, amount: str) -> str:
    """What a batch adds, in the office's words."""
    service, option = batch.service, batch.option
    if option is None and service.product.kind == Product.Kind.DOMAIN:
        return _domain(service)
    name = _called(service, option)
    if option and option.kind != Option.Kind.QUANTITY:
        return _("Connect: %(what)s") % {"what": f"{name}: {batch.choice}" if batch.choice else name}
    return f"{name} + {amount}"


def _domain(service: Service) -> str:
    """What shall be done about a domain that is bought."""
    how = Domain.objects.filter(service=service).values_list("how", flat=True).first()
    texts = {
        Domain.How.TRANSFER: _("Transfer the domain %(name)s to us"),
        Domain.How.OWN: _("Connect the client's domain %(name)s"),
    }
    text = texts[Domain.How(how)] if how in texts else _("Register the domain %(name)s")
    return text % {"name": service.domain}


def _called(service: Service, option: Option | None) -> str:
    """What a hand-over is about; each domain by its name."""
    thing = option or service.product
    name = thing.handover_subject or thing.name
    is_domain = option is None and service.product.kind == Product.Kind.DOMAIN
    return f"{name} {service.domain}" if is_domain else name


def reduction(
    service: Service, option: Option | None, was: int, becomes: int, *, logins: str = ""
) -> Handover:
    """An unsaved hand-over of units that leave: «− 5 ГБ», «Δ 10-5», the logins to remove (R3.2)."""
    thing = option or service.product
    pack = option.pack if option else 1
    measure = (option.measure if option else "") or thing.unit
    subject = _called(service, option)
    if option and option.kind != Option.Kind.QUANTITY:
        subject = _("Disconnect: %(what)s") % {"what": subject}
    else:
        subject = f"{subject} − {(was - becomes) * pack} {measure}"
    body = f"Δ {was * pack}-{becomes * pack}"
    if logins.strip():
        body += "\n" + _("Remove: %(logins)s") % {"logins": logins.strip()}
    return Handover(
        service=service,
        option=option,
        subject=subject[:200],
        body=body,
        was=was * pack,
        becomes=becomes * pack,
        unit=measure,
    )


def another_answer(
    service: Service, option: Option, former: OptionChoice | None, choice: OptionChoice
) -> Handover:
    """An unsaved hand-over of an option that is answered in another way from the day on."""
    return Handover(
        service=service,
        option=option,
        subject=f"{option.handover_subject or option.name}: {choice}"[:200],
        body=f"{former or '—'} → {choice}",
        was=1,
        becomes=1,
        unit=option.unit,
    )


def another_package(service: Service, product: Product, units: int) -> Handover:
    """An unsaved hand-over of a service that becomes another package (R3.4)."""
    return Handover(
        service=service,
        subject=_("Another package: %(name)s") % {"name": product.name},
        body=f"{service.product.name} → {product.name}",
        was=units,
        becomes=units,
        unit=product.unit,
    )


def undoing(handover: Handover) -> Handover:
    """An unsaved hand-over that takes back what a withdrawn one may have done already."""
    return Handover(
        service=handover.service,
        option=handover.option,
        subject=(_("Undo: %(what)s") % {"what": handover.subject})[:200],
        body=f"Δ {handover.becomes}-{handover.was}",
        was=handover.becomes,
        becomes=handover.was,
        unit=handover.unit,
    )


def switching(service: Service, units: int, *, on: bool, because: str = "") -> Handover:
    """An unsaved hand-over of a service that is switched off with all that is in it, or on again."""
    name = _called(service, None)
    subject = _("Switch on: %(name)s") if on else _("Switch off: %(name)s")
    return Handover(
        service=service,
        subject=(subject % {"name": name})[:200],
        body=because or f"Δ {0 if on else units}-{units if on else 0}",
        was=0 if on else units,
        becomes=units if on else 0,
        unit=service.product.unit,
    )
