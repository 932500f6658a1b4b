import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.reading import fold_quotes, html_to_text

WHO = "Office <help@office.example>"
FIELDS = "Кому: Иван\nТема: Счёт\n\nДобрый день"
ENGLISH = "From: Office\nSent: Thursday\nTo: Ivan\nSubject: x\n\nHello"
RULE = "_" * 32
FOLDED = {
    "Gmail": f"чт, 26 нояб. 2026 г. в 14:05, {WHO}:\n\n> Добрый день\n> Счёт\n",
    "Gmail, wrapped": "чт, 26 нояб. 2026 г. в 14:05, Office <\nhelp@office.example>:\n\n> Да\n",
    "Gmail, old": f"2026-11-26 14:05 GMT+03:00 {WHO}:\n\n> Добрый день\n",
    "Gmail, English": f"On Thu, Nov 26, 2026 at 2:05 PM {WHO}\nwrote:\n\n> Hello\n",
    "Yandex": '26.11.2026, 14:05, "Office" <help@office.example>:\n\nДобрый день\nСчёт',
    "Yandex, brackets": "26.11.2026, 14:05, Office (help@office.example):\n\nДобрый день",
    "mail.ru": f"Четверг, 26 ноября 2026, 14:05 +03:00 от {WHO}:\n\nДобрый день",
    "mail.ru, marked": f"> Четверг, 26 ноября 2026, 14:05 +03:00 от {WHO}:\n> \n> Добрый день",
    "iPhone": f"26 нояб. 2026 г., в 14:05, {WHO} написал(а):\n\n> Добрый день\n",
    "iPhone, marked": f"> 26 нояб. 2026 г., в 14:05, {WHO} написал(а):\n> \n> Добрый день\n",
    "Thunderbird": "26.11.2026 14:05, Office пишет:\n> Добрый день\n> Счёт\n",
    "Thunderbird, signature below": "26.11.2026 14:05, Office пишет:\n> Да\n\n-- \nИван\nБухгалтер\n",
    "The Bat!": "Вы писали 26 ноября 2026 г., 14:05:35:\n\n> Добрый день\n",
    "Yahoo": f"В четверг, 26 ноября 2026 г. в 14:05:11 GMT+3, {WHO} написал(а):\n\nтекст",
    "Lotus": f"{WHO} написал 26.11.2026 14:05:\n> Добрый день\n",
    "Outlook": f"От: {WHO}\nОтправлено: 26 ноября 2026 г. 14:05\n{FIELDS}",
    "Outlook, bold": f"*От:* {WHO}\n*Отправлено:* 26 ноября\n*Кому:* Иван\n*Тема:* Счёт\n\nДобрый день",
    "Outlook, line": f"{RULE}\nОт: {WHO}\nОтправлено: 26 ноября\n{FIELDS}",
    "Outlook, mobile": f"{RULE}\nFrom: {WHO}\nSent: Thursday\nTo: Ivan\nSubject: x\n\ntext",
    "Outlook, old": f"-----Исходное сообщение-----\n{ENGLISH}",
    "Outlook, English": f"-----Original Message-----\n{ENGLISH}",
    "Samsung": "-------- Исходное сообщение ------\nОт: Office\nДата: 26.11.2026\nКому: x\nТема: y\n\nтекст",
    "no head at all": "> Добрый день\n> Счёт\n\n",
}


@pytest.mark.parametrize("program", FOLDED)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_an_answer_above_the_quote(program, ends):
    fresh, quoted = (
        "Спасибо, получили!\n\nОтправлено с iPhone\n\n".replace("\n", ends),
        FOLDED[program].replace("\n", ends),
    )
    assert fold_quotes(fresh + quoted) == (fresh, quoted)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Просто письмо\nв две строки",
        "26.11.2026 14:05, Office пишет:\n> Добрый день\n\nСпасибо, получили\n",
        "Привет\n26.11.2026 14:05, Office пишет:\n> Первое?\nДа\n> Второе?\nНет\n",
        "Клиент пишет:\nне могу войти\n",
        "Вчера в 14:05 мне писал Иван <ivan@client.example>:\nон просит счёт",
        "От: бухгалтерии\nДоступ нужен Петровой",
        "Вот:\n-------- Пересылаемое сообщение --------\n26.11.2026, 14:05, Банк <b@bank.example>:\n\nда",
        "---------- Forwarded message ---------\nОт: Банк <b@bank.example>\nDate: чт\nTo: y\n\nтекст",
        f"От: {WHO}\nОтправлено: 26 ноября 2026 г. 14:05\n{FIELDS}",
        "> только цитата\n",
        "Посчитайте:\n5 > 3\n---\nИтого: 860",
    ],
)
def test_what_stays_in_sight(text):
    assert fold_quotes(text) == (text, "")


@given(
    st.lists(
        st.sampled_from([*FOLDED.values(), "Да\n", "> да\n", "\n", "-- \n", "От: x\n", "12:00 wrote:\n"]),
        max_size=8,
    )
)
def test_nothing_is_ever_lost(pieces):
    text = "".join(pieces)
    fresh, quoted = fold_quotes(text)
    assert fresh + quoted == text
    assert fresh or not text


def test_quotes_of_an_html_answer_fold_too():
    text = html_to_text(
        "<div>Спасибо!</div><div><div>26.11.2026, 14:05, Office &lt;help@office.example&gt;:</div>"
        "<blockquote><p>Добрый день</p><p>Счёт</p></blockquote></div>"
    )
    fresh, quoted = fold_quotes(text)
    assert fresh.strip() == "Спасибо!"
    assert quoted.endswith("> Добрый день\n>\n> Счёт")
