"""Options that are a choice or a yes-no, limits of quantities, promo codes: in *Change* and as plans."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from billing_site.home.books import differences
from billing_site.kit.errors import Refused
from invoices import billing, drafting, issuing
from invoices.models import Invoice
from products import promotions
from products.actions import Wanted, carry_out
from products.models import Batch, Handover, Option, OptionChoice, Price, Promotion, PromotionUse, Service
from tests import make
from tests.invoices.papers import pay

pytestmark = pytest.mark.django_db
FEBRUARY = date(2019, 2, 1)
END = date(2019, 8, 1)
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def _in_february():
    with time_machine.travel("2019-02-01 09:00+00:00", tick=False):
        yield
        assert list(differences()) == []


@pytest.fixture
def service(manager) -> Service:
    """Five users since 01.02.2019, half-year, paid and given."""
    access = make.product("Доступ", {"half_year": "4800.00"})
    client = make.client(name="Ромашка", account_manager=manager)
    order = make.order(client, Wanted(access, "half_year", 5), starts_on=FEBRUARY)
    (main,) = billing.accept_order(order, by=manager)
    billing.send_invoice(main, by=manager)
    pay(Invoice.objects.get(pk=main.pk))
    carry_out(Handover.objects.get(), by=manager)
    return Service.objects.get()


@pytest.fixture
def copies(service) -> Option:
    """Backup: weekly for 600 or daily for 1 200 a half-year."""
    option = Option.objects.create(
        product=service.product, name="Копии", line_text="Резервное копирование", kind=Option.Kind.CHOICE
    )
    for name, amount in (("раз в неделю", "600.00"), ("ежедневно", "1200.00")):
        choice = OptionChoice.objects.create(option=option, name=name)
        Price.objects.create(
            option=option, choice=choice, cycle="half_year", valid_from=date(2015, 1, 1), amount=amount
        )
    return option


@pytest.fixture
def monitoring(service) -> Option:
    return make.option(
        service.product, {"half_year": "300.00"}, name="Мониторинг", line_text="Мониторинг",
        kind=Option.Kind.YES_NO, pack=1, measure="",
    )  # fmt: skip


def answer(option: Option, name: str) -> OptionChoice:
    return option.choices.get(name=name)


def bought(service, manager, option, choice=None, **how) -> Invoice:
    """Changed, sent, paid and given."""
    change = billing.quote_change(service, 1, on=FEBRUARY, option=option, choice=choice, **how)
    draft = billing.change_service(change, by=manager)
    billing.send_invoice(draft, by=manager)
    for work in Handover.objects.filter(status="waiting"):
        carry_out(work, by=manager)
    return pay(Invoice.objects.get(pk=draft.pk))


def test_a_choice_is_bought_with_its_answer(service, copies, manager):
    change = billing.quote_change(service, 1, on=FEBRUARY, option=copies, choice=answer(copies, "ежедневно"))
    assert (change.total, change.recurring - service.recurring) == (1200, 1200)
    assert change.handover.subject == "Подключить: Копии: ежедневно"
    invoice = bought(service, manager, copies, answer(copies, "ежедневно"))
    assert invoice.revision.lines.get().text == "Резервное копирование: ежедневно"
    assert Batch.objects.latest("pk").choice == answer(copies, "ежедневно")


def test_a_choice_without_an_answer_and_a_second_one_are_refused(service, copies, manager):
    with pytest.raises(Refused) as refused:
        billing.quote_change(service, 1, on=FEBRUARY, option=copies)
    assert refused.value.field == "thing"
    bought(service, manager, copies, answer(copies, "ежедневно"))
    with pytest.raises(Refused) as refused:
        billing.quote_change(service, 2, on=FEBRUARY, option=copies, choice=answer(copies, "раз в неделю"))
    assert refused.value.field == "option"


def test_another_answer_is_planned_from_the_next_period(service, copies, manager):
    bought(service, manager, copies, answer(copies, "раз в неделю"))
    with pytest.raises(Refused, match="уже"):
        billing.quote_plan(service, option=copies, choice=answer(copies, "раз в неделю"))
    quoted = billing.quote_plan(service, option=copies, choice=answer(copies, "ежедневно"))
    assert (quoted.plan.on, quoted.recurring) == (END, Decimal("25200.00"))
    assert quoted.handover.body == "раз в неделю → ежедневно"
    billing.plan_change(quoted, by=manager, seen=quoted.fingerprint)
    with time_machine.travel("2019-07-12 09:00+00:00", tick=False):
        (renewal,) = billing.renew_clients([service.client_id], date(2019, 7, 12))
    assert renewal.revision.lines.filter(text__endswith="ежедневно").get().gross == 1200
    with time_machine.travel("2019-08-01 09:00+00:00", tick=False):
        assert billing.carry_out_planned(END) == 1
    assert Batch.objects.get(option=copies).choice == answer(copies, "ежедневно")
    assert Service.objects.get().recurring == Decimal("25200.00")
    assert Handover.objects.latest("pk").subject == "Копии: ежедневно"


def test_a_yes_no_is_bought_once_and_given_up_by_plan(service, monitoring, manager):
    bought(service, manager, monitoring)
    assert Handover.objects.latest("pk").subject == "Подключить: Мониторинг"
    with pytest.raises(Refused):
        billing.quote_change(service, 2, on=FEBRUARY, option=monitoring)
    quoted = billing.quote_plan(service, option=monitoring, becomes=0)
    assert quoted.handover.subject == "Отключить: Мониторинг"
    assert quoted.recurring == 24000


@pytest.mark.parametrize(
    ("becomes", "words"),
    [(2, "не меньше 4"), (5, "по 2"), (22, "не больше 20"), (4, ""), (20, "")],
)
def test_quantities_have_limits(service, becomes, words):
    disk = make.option(service.product, minimum=4, maximum=20, step=2)
    if not words:
        assert billing.quote_change(service, becomes, on=FEBRUARY, option=disk).becomes == becomes
        return
    with pytest.raises(Refused, match=words) as refused:
        billing.quote_change(service, becomes, on=FEBRUARY, option=disk)
    assert refused.value.field == "quantity"


def test_a_planned_reduction_keeps_the_limits(service, manager):
    disk = make.option(service.product, minimum=4, step=2)
    change = billing.quote_change(service, 10, on=FEBRUARY, option=disk)
    draft = billing.change_service(change, by=manager)
    billing.send_invoice(draft, by=manager)
    pay(Invoice.objects.get(pk=draft.pk))
    for becomes in (2, 5):
        with pytest.raises(Refused):
            billing.quote_plan(service, option=disk, becomes=becomes)
    assert billing.quote_plan(service, option=disk, becomes=6).was == 10
    assert billing.quote_plan(service, option=disk, becomes=0).was == 10


# ── the dialogs ─────────────────────────────────────────────────────────────────────────────────


def typed(**more) -> dict:
    return {"what": "", "becomes": "", "on": "2019-02-01", "discount": "", "price": "", "because": "",
            "promo": "", **more}  # fmt: skip


def text_of(page) -> str:
    return " ".join(page.content.decode().replace("\u00a0", " ").split())


def test_the_dialog_offers_each_answer(service, copies, monitoring, manager, browse):
    browser, address = browse(manager), reverse("service-change", args=[service.pk])
    page = text_of(browser.get(address))
    daily = answer(copies, "ежедневно")
    assert "Копии: ежедневно" in page
    what = f"{copies.pk}-{daily.pk}"
    shown = browser.get(address, typed(what=what), **HTMX)
    assert "Резервное копирование: ежедневно" in text_of(shown)
    browser.post(address, typed(what=what, seen=shown.context["change"].fingerprint))
    assert Batch.objects.latest("pk").choice == daily
    shown = browser.get(address, typed(what=str(monitoring.pk)), **HTMX)
    assert "300,00" in text_of(shown)


def test_limits_stand_at_the_field(service, manager, browse):
    disk = make.option(service.product, minimum=4, maximum=20, step=2, name="Диск")
    browser, address = browse(manager), reverse("service-change", args=[service.pk])
    assert "Диск: от 4, до 20, по 2" in text_of(browser.get(address))
    for becomes in ("5", ""):
        answer_ = browser.post(address, typed(what=str(disk.pk), becomes=becomes))
        assert list(answer_.context["form"].errors) == ["becomes"]


def test_the_plan_offers_the_other_answers(service, copies, manager, browse):
    bought(service, manager, copies, answer(copies, "раз в неделю"))
    browser, address = browse(manager), reverse("service-plan", args=[service.pk])
    what = f"{copies.pk}-{answer(copies, 'ежедневно').pk}"
    asked = {"what": what, "becomes": "", "cycle": "", "product": "", "on": "", "because": "", "leaving": ""}
    shown = browser.get(address, asked, **HTMX)
    assert "раз в неделю → ежедневно" in text_of(shown)
    browser.post(address, {**asked, "seen": shown.context["planned"].fingerprint})
    assert "Копии: ежедневно" in text_of(browser.get(reverse("service-plans", args=[service.pk])))


# ── promo codes ─────────────────────────────────────────────────────────────────────────────────


def promotion(code: str = "REF5", products=(), **fields) -> Promotion:
    fields = {"name": "Референс", "value": Decimal(5), "valid_from": date(2019, 1, 1), **fields}
    made = Promotion(code=code, **fields)
    return promotions.save_promotion(made, by=make.user("head"), products=products, options=())


def test_a_code_serves_the_units_bought_with_it(service, manager):
    promotion(cycles=1, shown="line")
    change = billing.quote_change(service, 6, on=FEBRUARY, promo="ref5")
    (line,) = change.lines
    assert (line.gross, line.off, change.batch.promo_until) == (4560, 240, END)
    assert sum(Decimal(step["amount"]) for step in line.why) == line.gross
    billing.change_service(change, by=manager)
    use = PromotionUse.objects.get()
    assert (use.order, use.client, use.amount, use.batch) == (None, service.client, 240, Batch.objects.last())


def test_the_limit_counts_changes_and_is_free_again(service, manager):
    promotion(limit_per_client=1)
    draft = billing.change_service(billing.quote_change(service, 6, on=FEBRUARY, promo="REF5"), by=manager)
    with pytest.raises(Refused) as refused:
        billing.quote_change(service, 7, on=FEBRUARY, promo="REF5")
    assert refused.value.field == "promo"
    drafting.discard(draft, by=manager)
    assert promotions.standing_uses(Promotion.objects.get()).count() == 0
    draft = billing.change_service(billing.quote_change(service, 6, on=FEBRUARY, promo="REF5"), by=manager)
    billing.send_invoice(draft, by=manager)
    issuing.void(Invoice.objects.get(pk=draft.pk), by=manager, because="передумали")
    assert promotions.standing_uses(Promotion.objects.get()).count() == 0
    assert PromotionUse.objects.count() == 4


@pytest.mark.parametrize("code", ["NONE", "OTHER", "LATER"])
def test_a_code_that_does_not_serve_says_why_at_its_field(service, manager, browse, code):
    promotion("OTHER", products=[make.product("Модуль")])
    promotion("LATER", valid_from=date(2019, 3, 1))
    browser, address = browse(manager), reverse("service-change", args=[service.pk])
    page = browser.post(address, typed(becomes="6", promo=code))
    assert list(page.context["form"].errors) == ["promo"]
    assert Batch.objects.count() == 1
