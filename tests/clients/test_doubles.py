import pytest

from billing_site.kit.requisites import make_inn
from billing_site.office.models import User
from clients.models import Client
from tests import make

INN = make_inn("770277777")


@pytest.fixture
def client(manager):
    return make.client(
        name='ООО "Ромашка"', phone="+74955405151", account_manager=manager, by=manager, payer={"inn": INN}
    )


def new(browse, user, **typed):
    wanted = {"name": "Василёк", "email": "new@vasilek.example", "kind": "legal", "language": "ru", **typed}
    return browse(user).post("/clients/new/", wanted)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"inn": INN}, "тот же ИНН"),
        ({"phone": "8 (495) 540-51-51"}, "тот же телефон"),
        ({"name": "«ромашка»"}, "похожее название"),
    ],
)
def test_a_double_needs_a_reason_and_nothing_typed_is_lost(browse, manager, client, typed, why):
    answer = new(browse, manager, source="выставка", **typed)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Похожий клиент уже есть" in text
    assert why in text
    assert f"№ {client.pk}" in text
    assert 'value="выставка"' in text
    assert Client.objects.count() == 1


def test_with_a_reason_it_is_made_and_the_reason_noted(browse, manager, client):
    assert new(browse, manager, inn=INN, because="Второй офис, свой договор").status_code == 302
    made = Client.objects.exclude(pk=client.pk).get()
    assert "Второй офис, свой договор" in made.notes.get().text


def test_who_only_sounds_alike_needs_none(browse, manager, client):
    assert new(browse, manager, name="Ромашка-Север").status_code == 302


def test_a_double_outside_the_scope_has_a_number_but_no_name(browse, client):
    other = make.user("sales", scope=User.Scope.PORTFOLIO)
    text = new(browse, other, inn=INN).content.decode()
    assert f"№ {client.pk}" in text
    assert "ООО &quot;Ромашка" not in text
