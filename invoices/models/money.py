from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing_site.kit import clock
from billing_site.office.models import BankAccount, Seller
from clients.models import Client, Payer
from invoices.models.bank import BankLine
from invoices.models.invoice import Invoice
from products.models import OwnedQuerySet


class Payment(models.Model):
    """Money received by one of our sellers. `allocated` + `credited` never exceed `amount`."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="payments", verbose_name=_("client"))
    payer = models.ForeignKey(
        Payer, models.PROTECT, null=True, blank=True, related_name="payments", verbose_name=_("payer")
    )
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="payments", verbose_name=_("seller"))
    account = models.ForeignKey(
        BankAccount, models.PROTECT, null=True, blank=True, related_name="payments", verbose_name=_("account")
    )
    bank_line = models.ForeignKey(
        BankLine, models.PROTECT, null=True, blank=True, related_name="payments", verbose_name=_("bank line")
    )
    received_on = models.DateField(_("received on"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    allocated = models.DecimalField(_("allocated"), max_digits=14, decimal_places=2, default=Decimal(0))
    credited = models.DecimalField(_("to credit"), max_digits=14, decimal_places=2, default=Decimal(0))
    note = models.CharField(_("note"), max_length=250, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        permissions = [("record_payment", "Apply money to invoices")]
        indexes = [
            models.Index(fields=["client", "-id"], name="payment_of_client"),
            models.Index(fields=["received_on", "id"], name="payment_by_date"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(allocated__gte=0, credited__gte=0, amount__gte=F("allocated") + F("credited")),
                name="payment_allocated_within",
            ),
            models.UniqueConstraint(fields=("id", "seller"), name="payment_with_seller"),
            models.UniqueConstraint(
                fields=("bank_line", "client"),
                condition=Q(bank_line__isnull=False),
                name="payment_of_line_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.received_on}"


class Allocation(models.Model):
    """A part of a payment that pays an invoice; taken back by a counter-entry, never edited.

    The database holds that payment and invoice are of the same seller (R7.1, composite foreign keys
    in the migration).
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="+")
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    at = models.DateTimeField(default=clock.now, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, reverses__isnull=True) | Q(amount__lt=0, reverses__isnull=False),
                name="allocation_sign",
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class CreditAccount(models.Model):
    """Кредитный баланс of a payer with a seller. `balance` = the sum of its entries, never negative."""

    payer = models.ForeignKey(Payer, models.PROTECT, related_name="credits")
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="credits")
    balance = models.DecimalField(_("balance"), max_digits=14, decimal_places=2, default=Decimal(0))

    class Meta:
        verbose_name = _("credit balance")
        verbose_name_plural = _("credit balances")
        constraints = [
            models.UniqueConstraint(fields=("payer", "seller"), name="credit_account_once"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="credit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.balance}"


class CreditEntry(models.Model):
    """One movement of a credit balance, signed."""

    account = models.ForeignKey(CreditAccount, models.PROTECT, related_name="entries")
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="credit_entries")
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, blank=True, related_name="cashback_entries"
    )  # whose cashback it is
    because = models.CharField(_("why"), max_length=200)
    at = models.DateTimeField(default=clock.now, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit entries")
        indexes = [
            models.Index(fields=["invoice"], condition=Q(invoice__isnull=False), name="credit_of_invoice")
        ]

    def __str__(self) -> str:
        return f"{self.amount}"
