import pytest

from tests.tickets.mails import file, mail, multipart, part
from tickets.reading import (
    Bounce,
    make_message_id,
    read_mail,
    read_message_id,
    sender_authentication,
    subject_ticket_number,
)

OWN = frozenset({"panel.office.example"})
NOTE = part("Не доставлено", Content_Type="text/plain; charset=utf-8")
ORIGINAL = part(
    "Message-ID: <message.7.abc@panel.office.example>\r\nSubject: Счёт\r\n\r\n",
    Content_Type="text/rfc822-headers",
)


def kind(raw: bytes) -> str:
    return read_mail(raw, own_hosts=OWN).kind


@pytest.mark.parametrize(
    ("expected", "headers"),
    [
        ("human", {}),
        ("human", {"Auto_Submitted": "no"}),
        ("human", {"Precedence": "normal"}),
        ("human", {"X_Auto_Response_Suppress": "DR, RN"}),
        ("human", {"Subject": "Re: не доставлен товар"}),
        ("human", {"Subject": "Вопрос по отпуску сотрудника"}),
        ("human", {"Subject": "Отсутствует печать в счёте"}),
        ("human", {"In_Reply_To": "<message.7.abc@panel.office.example>"}),
        ("human", {"X_Spam_Flag": "NO"}),
        ("human", {"From": "noreplyakov@client.example"}),
        ("auto", {"Auto_Submitted": "auto-replied"}),
        ("auto", {"Auto_Submitted": "auto-generated; owner-email=x"}),
        ("auto", {"X_Auto_Response_Suppress": "All"}),
        ("auto", {"X_Autoreply": "yes"}),
        ("auto", {"Precedence": "auto_reply"}),
        ("auto", {"Subject": "Автоматический ответ: Счёт на оплату"}),
        ("auto", {"Subject": "Автоответ: я в отпуске"}),
        ("auto", {"Subject": "Вне офиса"}),
        ("auto", {"Subject": "Нет на месте: счёт"}),
        ("auto", {"Subject": "Out of Office: invoice"}),
        ("auto", {"Subject": "Automatic reply: invoice"}),
        ("auto", {"From": "no-reply@bank.example"}),
        ("auto", {"From": "Bank <noreply@bank.example>"}),
        ("auto", {"Return_Path": "<>"}),
        ("list", {"List_Id": "<news.example>"}),
        ("list", {"List_Unsubscribe": "<mailto:x@y.example>"}),
        ("list", {"Precedence": "bulk"}),
        ("spam", {"X_Spam_Flag": "YES"}),
        ("spam", {"X_Spam_Status": "Yes, score=9", "List_Id": "<x>"}),
        ("loop", {"Message_ID": "<message.7.abc@Panel.Office.Example>"}),
        ("spam", {"X_Yandex_Spam": "4"}),
        ("human", {"X_Yandex_Spam": "1"}),
        ("loop", {"X_Loop": "help@panel.office.example"}),
        ("loop", {"X_Loop": "<Help@office.example>", "To": "help@office.example"}),
        ("human", {"X_Loop": "robot@client.example"}),
        ("loop", {"From": "help@panel.office.example", "To": "A <Help@panel.office.example>"}),
        ("human", {"From": "a@client.example", "To": "a@client.example"}),
        ("bounce", {"X_Failed_Recipients": "a@b.example"}),
        ("bounce", {"From": "MAILER-DAEMON@mail.example", "Return_Path": "<>"}),
        ("bounce", {"From": "Postmaster <postmaster@x.example>", "Subject": "Undeliverable: invoice"}),
        ("human", {"From": "Postmaster <postmaster@x.example>", "Subject": "Настройка почты"}),
    ],
)
def test_kinds(expected, headers):
    assert kind(mail(**headers)) == expected


def test_the_reason_is_kept():
    assert read_mail(mail(Auto_Submitted="auto-replied")).kind_reason == "Auto-Submitted: auto-replied"


def test_a_read_receipt_is_automatic():
    receipt = multipart("report", NOTE).replace(
        b"multipart/report;", b"multipart/report; report-type=disposition-notification;"
    )
    assert kind(receipt) == "auto"


def test_an_out_of_office_reply_from_exchange():
    raw = mail(
        "Добрый день! Я в отпуске до 30.11.",
        Subject="=?utf-8?B?0JDQstGC0L7QvNCw0YLQuNGH0LXRgdC60LjQuSDQvtGC0LLQtdGCOiDQodGH0ZHRgg==?=",
        X_MS_Exchange_Inbox_Rules_Loop="ivan@client.example",
    )
    assert kind(raw) == "auto"


def status(*recipients: bytes) -> bytes:
    groups = b"\r\n".join([b"Reporting-MTA: dns; mx.example\r\n", *recipients])
    return part(groups, Content_Type="message/delivery-status")


FAILED = b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
LATER = b"Final-Recipient: rfc822; c@b.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n"


class TestBounces:
    def test_a_report_names_our_letter_and_who_was_not_reached(self):
        read = read_mail(
            multipart("report", NOTE, status(FAILED, LATER), ORIGINAL, From="MAILER-DAEMON@mx.example")
        )
        assert read.kind == "bounce"
        assert read.bounce == Bounce("<message.7.abc@panel.office.example>", ("a@b.example",), permanent=True)

    def test_a_whole_original_is_read_too(self):
        original = part(mail(Message_ID="<7@panel>"), Content_Type="message/rfc822")
        read = read_mail(multipart("report", NOTE, status(FAILED), original))
        assert read.bounce.original_message_id == "<7@panel>"

    def test_a_temporary_failure(self):
        read = read_mail(multipart("report", NOTE, status(FAILED.replace(b"5.1.1", b"4.2.2"))))
        assert not read.bounce.permanent

    def test_a_delay_is_not_a_bounce(self):
        read = read_mail(multipart("report", NOTE, status(LATER), Auto_Submitted="auto-replied"))
        assert (read.kind, read.bounce) == ("auto", None)

    def test_mail_ru_writes_plain_text(self):
        body = (
            "Это письмо создано автоматически\r\nсервером Mail.Ru, отвечать на него не\r\nнужно.\r\n\r\n"
            "К сожалению, Ваше письмо не может\r\nбыть доставлено одному или нескольким\r\n"
            "получателям:\r\n\r\n"
            "**********************\r\n\r\nnobody@mail.example:\r\nuser not found\r\n\r\n"
            "**********************\r\n\r\nReceived: from x\r\n"
            "Message-ID: <9@panel.office.example>\r\nSubject: Счёт\r\n"
        )
        read = read_mail(
            mail(body, From="mailer-daemon@mail.example", Auto_Submitted="auto-replied", Return_Path="<>")
        )
        assert read.kind == "bounce"
        assert read.bounce == Bounce("<9@panel.office.example>", ("nobody@mail.example",), permanent=True)


AUTHSERV = "mx.office.example"


def verdict(*results: str, **headers: str) -> str:
    lines = "\r\nAuthentication-Results: ".join(results)
    return sender_authentication(read_mail(mail(Authentication_Results=lines, **headers)), AUTHSERV)


class TestAuthentication:
    @pytest.mark.parametrize(
        ("expected", "results"),
        [
            ("pass", "mx.office.example; dmarc=pass header.from=client.example"),
            ("pass", "MX.office.example 1; spf=none; dmarc=pass (p=none) header.from=client.example"),
            ("pass", "mx.office.example; dkim=pass (2048-bit; ok) header.d=client.example header.s=a"),
            ("pass", "mx.office.example; dkim=pass header.i=@client.example"),
            ("pass", "mx.office.example; spf=pass smtp.mailfrom=ivan@client.example"),
            (
                "fail",
                "mx.office.example; dkim=pass header.d=client.example; dmarc=fail header.from=client.example",
            ),
            ("fail", "mx.office.example; spf=fail smtp.mailfrom=client.example"),
            ("none", "mx.office.example; dkim=pass header.d=evil.example"),
            ("none", "mx.office.example; dkim=pass header.d=sub.client.example"),
            ("none", "mx.office.example; dkim=pass header.d=example"),
            ("none", "mx.office.example; spf=softfail smtp.mailfrom=client.example"),
            ("none", "mx.office.example; none"),
            ("none", "mx.evil.example; dmarc=pass header.from=client.example"),
            ("none", "mx.office.example (dmarc=pass)"),
            ("none", ""),
        ],
    )
    def test_verdicts(self, expected, results):
        assert verdict(results) == expected

    def test_a_domain_above_the_sender_counts(self):
        assert (
            verdict(f"{AUTHSERV}; dkim=pass header.d=client.example", From="a@mail.client.example") == "pass"
        )

    def test_only_our_topmost_header_is_read(self):
        forged = f"{AUTHSERV}; dmarc=pass header.from=client.example"
        assert verdict(f"{AUTHSERV}; dmarc=fail header.from=client.example", forged) == "fail"
        assert verdict("mx.other.example; dmarc=fail", forged) == "pass"  # a relay inside stamped above ours

    def test_without_our_server_nothing_is_believed(self):
        read = read_mail(mail(Authentication_Results="x; dmarc=pass"))
        assert sender_authentication(read, "") == "none"

    @pytest.mark.parametrize("sender", ["a@client.example, b@client.example", None, "<>"])
    def test_one_sender_in_from_is_needed(self, sender):
        assert verdict(f"{AUTHSERV}; dmarc=pass", From=sender, Reply_To="a@client.example") == "none"


class TestTokens:
    def test_an_own_id_is_read_back(self):
        made = make_message_id("message", 45, "panel.office.example", "secret")
        assert made == make_message_id("message", 45, "panel.office.example", "secret")
        assert read_message_id(made, "secret") == ("message", 45)
        assert read_message_id(made.replace("panel.office", "relay.other"), "secret") == ("message", 45)

    @pytest.mark.parametrize("change", [("45", "46"), ("message", "ticket"), ("<", "<x")])
    def test_a_changed_id_is_nobodys(self, change):
        made = make_message_id("message", 45, "panel.office.example", "secret")
        assert read_message_id(made.replace(*change), "secret") is None

    def test_another_key_or_form_is_nobodys(self):
        made = make_message_id("message", 45, "panel.office.example", "secret")
        assert read_message_id(made, "other") is None
        assert read_message_id("<message.45@panel.office.example>", "secret") is None
        assert read_message_id("", "secret") is None

    @pytest.mark.parametrize(("kind", "number"), [("a.b", 1), ("", 1), ("A", 1), ("ticket", -1)])
    def test_what_cannot_be_read_back_is_not_made(self, kind, number):
        with pytest.raises(ValueError, match="not a kind"):
            make_message_id(kind, number, "h.example", "k")

    def test_spam_filters_see_nothing_random(self):
        import re

        made = make_message_id("message", 45, "panel.office.example", "secret")
        suspicious = (  # SpamAssassin: RANDY, HEXHASH, DOLLARS, CAPS, NOFQDN, LONG
            r"<[a-z\d][a-z\d$-]{10,29}[a-z\d]@",
            r"<[0-9a-f]{32}@",
            r"\$",
            r"[A-Z]",
            r"@[^.]+>",
            r"<.{120,}@",
        )
        assert not [pattern for pattern in suspicious if re.search(pattern, made)]

    @pytest.mark.parametrize(
        ("subject", "number"),
        [
            ("Re: [#123] Счёт", 123),
            ("[# 7 ] [#8]", 7),
            ("#123", None),
            ("[123]", None),
            ("[#99999999999]", None),
            ("[#١٢]", None),
            ("", None),
        ],
    )
    def test_number_in_the_subject(self, subject, number):
        assert subject_ticket_number(subject) == number


def test_a_payment_order_from_the_bank_client_is_a_human_mail_with_a_file():
    read = read_mail(
        multipart(
            "mixed",
            part("Оплатили", Content_Type="text/plain; charset=utf-8"),
            file(b"%PDF", "Платёжное поручение №5.pdf"),
        )
    )
    assert (read.kind, read.attachments[0].name) == ("human", "Платёжное поручение №5.pdf")
