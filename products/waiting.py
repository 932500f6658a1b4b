"""Why pending orders wait: paid or running already, old, or truly waiting. Conditions, read by lists."""

from datetime import timedelta

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, TextChoices, Value, When
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from products.models import Batch, Order, OrderLine, Service

OLD_AFTER = timedelta(days=30)


class Cause(TextChoices):
    PAID = "paid", _("paid or running already")
    OLD = "old", _("older than 30 days")
    WAITING = "waiting", _("waits for an answer")


def _paid() -> Q:
    """What was made of the order is paid, or the client has got a running service for a line of it since.

    Looked for order by order: an EXISTS here would read the lines of all orders into a hash.
    """
    paid = Batch.objects.filter(service__order_line__order=OuterRef("pk"), paid_at__isnull=False)
    running = Service.objects.filter(
        client=OuterRef("order__client"),
        family=OuterRef("product__family"),
        status=Service.Status.ACTIVE,
        created_at__gte=OuterRef("order__created_at"),
    )
    lines = OrderLine.objects.filter(Exists(running), order=OuterRef("pk"), option=None, doubled_because="")
    return Q(_any(paid)) | Q(_any(lines))


def _any(rows: QuerySet) -> IsNull:
    return IsNull(Subquery(rows.values("pk")[:1]), rhs=False)


def _old() -> Q:
    return Q(created_at__lt=clock.now() - OLD_AFTER)


def because(orders: QuerySet[Order], cause: str) -> QuerySet[Order]:
    """The pending ones of these orders that wait for this cause; each waits for the first that holds."""
    pending = orders.filter(status=Order.Status.PENDING)
    if cause == Cause.PAID:
        return pending.filter(_paid())
    return pending.exclude(_paid()).filter(_old() if cause == Cause.OLD else ~_old())


def with_cause(orders: QuerySet[Order]) -> QuerySet[Order]:
    """The same as a column: `cause` of each pending order, empty of the others."""
    return orders.annotate(
        cause=Case(
            When(~Q(status=Order.Status.PENDING), then=Value("")),
            When(_paid(), then=Value(Cause.PAID.value)),
            When(_old(), then=Value(Cause.OLD.value)),
            default=Value(Cause.WAITING.value),
        )
    )
