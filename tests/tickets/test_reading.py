import struct
import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.mails import file, mail, multipart, nested, part
from tickets.reading import UnreadableMail, problems, read_mail

PLAIN = part("Простой текст", Content_Type="text/plain; charset=utf-8")
HTML = part("<p>Текст <b>HTML</b></p>", Content_Type="text/html; charset=utf-8")


def names(read) -> list[tuple[str, str, int]]:
    return [(one.name, one.type, one.size) for one in read.attachments]


class TestHeaders:
    def test_a_decent_mail_has_no_problems(self):
        read = read_mail(
            mail(
                "Здравствуйте\r\n",
                Content_Type="text/plain; charset=utf-8",
                Cc="A <a@x.example>, b@y.example",
            )
        )
        assert (read.from_name, read.from_address) == ("Ivan Petrov", "ivan@client.example")
        assert [one.address for one in read.to] == ["help@office.example"]
        assert read.cc == [("A", "a@x.example"), ("", "b@y.example")]
        assert read.subject == "Question"
        assert read.date == datetime(2026, 11, 23, 14, 5, tzinfo=timezone(timedelta(hours=3)))
        assert read.message_id == "<1@client.example>"
        assert read.text == "Здравствуйте\n"
        assert (read.kind, read.problems) == ("human", [])

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("=?utf-8?B?0KHRh9GR0YI=?=", "Счёт"),
            ("=?UTF-8?Q?=D0=A1=D1=87=D1=91?= =?utf-8?q?=D1=82?=", "Счёт"),
            ("=?utf-8?B?0KHR?=\r\n =?utf-8?B?h9GR0YI=?=", "Счёт"),  # a letter cut in two by the writer
            ("Re: =?koi8-r?B?897F1A==?= x", "Re: Счет x"),
            ("=?windows-1251?Q?=D1=F7=E5=F2_=B95?=", "Счет №5"),
            ("=?us-ascii?Q?Are_you_there??=", "Are you there?"),
            ("=?utf-8?Q?with space and =D0=AF?=", "with space and Я"),
            ("=?utf-8?B?0KHRh9GR0YI?=", "Счёт"),  # no padding
            ("=?x-unknown?B?0KHRh9GR0YI=?=", "Счёт"),
            ("=?iso-8859-1?B?0KHRh9GR0YI=?=", "Счёт"),  # the charset lies
            ("\u00a0\u200b Счёт \u200b", "Счёт"),
            ("\u00a0\u200b", ""),
            ("a\tb  c", "a b c"),
            ("=?utf-8?Q?a=00b=0D=0AX-Evil:_1?=", "a b X-Evil: 1"),
        ],
    )
    def test_subject(self, written, read):
        assert read_mail(mail(Subject=written)).subject == read

    @pytest.mark.parametrize("codec", ["utf-8", "cp1251", "koi8-r"])
    @pytest.mark.parametrize("subject", ["Счёт", "Не работает 1С", "ОПЛАТА", "Акт сверки за март"])
    def test_raw_letters_in_headers(self, codec, subject):
        raw = mail(Subject=subject.encode(codec), From="Смирнова Юлия <yu@client.example>".encode(codec))
        read = read_mail(raw)
        assert (read.subject, read.from_name) == (subject, "Смирнова Юлия")
        assert (problems.RAW_HEADER in read.problems) is (codec != "utf-8")

    @pytest.mark.parametrize(
        ("written", "people"),
        [
            ('"Иванов, Иван" <a@b.example>', [("Иванов, Иван", "a@b.example")]),
            ("=?utf-8?B?0JjQstCw0L3QvtCyLCDQmNCy0LDQvQ==?= <a@b.example>", [("Иванов, Иван", "a@b.example")]),
            (r'"ООО \"Ромашка\"" <a@b.example>', [('ООО "Ромашка"', "a@b.example")]),
            ("=?utf-8?Q?=22=D0=AF=22?= <a@b.example>", [("Я", "a@b.example")]),
            ("\"'Иван' О'Хара\" <a@b.example>", [("'Иван' О'Хара", "a@b.example")]),
            ("a@b.example (Ivan (the) Great)", [("Ivan the Great", "a@b.example")]),
            ("foo@bar.example <real@x.example>", [("foo@bar.example", "real@x.example")]),
            ("Staff: a@b.example, C <c@d.example>;", [("", "a@b.example"), ("C", "c@d.example")]),
            ("undisclosed-recipients:;", []),
            ("<>", []),
            ("a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
            ('"a@b.example" <a@b.example>', [("", "a@b.example")]),
            ('"Q \\"W\\" E" <a@b.example>', [('Q "W" E', "a@b.example")]),
            (
                "=?utf-8?Q?Evil=0D=0ABcc:_x@y.example?= <a@b.example>",
                [("Evil Bcc: x@y.example", "a@b.example")],
            ),
            ("user@почта.example", [("", "user@почта.example")]),
            ("'a@b.example'", [("", "a@b.example")]),
        ],
    )
    def test_people(self, written, people):
        assert read_mail(mail(To=written)).to == people

    @pytest.mark.parametrize(
        ("headers", "sender"),
        [
            ({"From": None}, ""),
            ({"From": "<>", "Reply_To": "a@b.example"}, "a@b.example"),
            ({"From": None, "Return_Path": "<r@b.example>", "Sender": "s@b.example"}, "r@b.example"),
            ({"From": "Printer", "Sender": "s@b.example"}, "s@b.example"),
        ],
    )
    def test_a_sender_is_looked_for_elsewhere(self, headers, sender):
        read = read_mail(mail(**headers))
        assert read.from_address == sender
        assert not read.from_header
        assert problems.NO_FROM in read.problems

    def test_ids_keep_or_get_their_brackets(self):
        read = read_mail(mail(In_Reply_To="message of <2@x>", References="<1@x>\r\n\t<2@x> <2@x>"))
        assert (read.in_reply_to, read.references) == ("<2@x>", ["<1@x>", "<2@x>", "<2@x>"])
        assert read_mail(mail(Message_ID="bare@x")).message_id == "<bare@x>"

    def test_a_missing_id_is_derived_from_the_bytes(self):
        first, again, other = (read_mail(mail(text, Message_ID=None)) for text in ("a", "a", "b"))
        assert first.message_id == again.message_id != other.message_id
        assert first.message_id.endswith("@missing.invalid>")
        assert problems.NO_MESSAGE_ID in first.problems

    @pytest.mark.parametrize(
        "written", ["yesterday", "Mon, 99 Nov 2026 99:99:99", "Mon, 23 Nov 99999 14:05", "0"]
    )
    def test_a_bad_date(self, written):
        read = read_mail(mail(Date=written))
        assert read.date is None
        assert problems.BAD_DATE in read.problems

    def test_a_date_without_zone_is_utc(self):
        assert read_mail(mail(Date="Mon, 23 Nov 2026 14:05:00 -0000")).date.utcoffset() == timedelta(0)

    def test_a_stray_line_among_headers(self):
        read = read_mail(b"Subject: x\r\nstray words\r\nFrom: a@b.example\r\n\r\nbody")
        assert (read.subject, read.from_address, read.text) == ("x", "a@b.example", "body")
        assert problems.HEADER_LINE_SKIPPED in read.problems

    @pytest.mark.parametrize(
        ("to", "people"),
        [
            ("a@b.example,\r\n\t\r\n\tc@d.example", ["a@b.example", "c@d.example"]),  # a folded blank line
            (", a@b.example,, c@d.example,", ["a@b.example", "c@d.example"]),
            ('"KLAUS" <>, a@b.example', ["", "a@b.example"]),
        ],
    )
    def test_untidy_lists(self, to, people):
        read = read_mail(mail("body", To=to))
        assert [one.address for one in read.to] == people
        assert read.text == "body"

    def test_of_two_content_types_the_first_holds(self):
        raw = multipart("alternative", PLAIN, HTML).replace(
            b"\r\n\r\n", b"\r\nContent-Type: text/plain\r\n\r\n", 1
        )
        assert read_mail(raw).html


class TestText:
    @pytest.mark.parametrize("codec", ["utf-8", "cp1251", "koi8-r"])
    @pytest.mark.parametrize(
        "declared", [None, "text/plain", "text/plain; charset=us-ascii", "text/plain; charset=x-what"]
    )
    def test_undeclared_encodings(self, codec, declared):
        text = "Добрый день! Прошу выставить счёт на продление."
        assert read_mail(mail(text.encode(codec), Content_Type=declared)).text == text

    @pytest.mark.parametrize(
        ("written", "declared"),
        [
            ("utf-8", "koi8-r"),
            ("utf-8", "iso-8859-1"),
            ("cp1251", "iso-8859-1"),
            ("cp1251", "koi8-r"),
            ("koi8-r", "windows-1251"),
            ("cp1251", "utf-8"),
        ],
    )
    def test_encodings_that_lie(self, written, declared):
        text = "Добрый день! Не открывается база, пользователь Петрова."
        read = read_mail(mail(text.encode(written), Content_Type=f"text/plain; charset={declared}"))
        assert read.text == text
        assert problems.CHARSET_LIES in read.problems

    @pytest.mark.parametrize(
        "declared", ["windows-1251", "win-1251", '"CP1251"', "koi8-r", "iso-8859-5", "ibm866"]
    )
    def test_declared_encodings(self, declared):
        codec = {"win-1251": "cp1251", '"CP1251"': "cp1251"}.get(declared, declared)
        read = read_mail(mail("Ёлка и ещё ёж".encode(codec), Content_Type=f"text/plain; charset={declared}"))
        assert (read.text, read.problems) == ("Ёлка и ещё ёж", [])

    def test_western_letters(self):
        assert read_mail(mail("Müller, señor café".encode("cp1252"))).text == "Müller, señor café"

    def test_quoted_printable_and_base64(self):
        quoted = mail(
            "=D0=9F=D1=80=D0=B8=\r\n=D0=B2=D0=B5=D1=82",
            Content_Transfer_Encoding="Quoted-Printable",
            Content_Type="text/plain; charset=utf-8",
        )
        assert read_mail(quoted).text == "Привет"
        based = mail(
            "0J/RgNC4\r\n0LLQtdGC\r\n",
            Content_Transfer_Encoding="base64",
            Content_Type="text/plain; charset=utf-8",
        )
        assert read_mail(based).text == "Привет"

    @pytest.mark.parametrize(
        "body",
        [
            "0J/RgNC40LLQtdGC!",
            "0J/RgNC4\r\n0LLQtdGC*",
            "0J/RgNC40LLQtdGCA",
            "0J/RgNC40LLQtQ==\r\n0YI=",  # two pieces, each padded
            "0J/RgNC40LLQtdGC==\r\n-- list footer",
        ],
    )
    def test_broken_base64(self, body):
        read = read_mail(
            mail(body, Content_Transfer_Encoding="base64", Content_Type="text/plain; charset=utf-8")
        )
        assert read.text.startswith("При")
        assert problems.BROKEN_BASE64 in read.problems

    def test_format_flowed(self):
        flowed = "Первая \r\nстрока\r\n> чужая \r\n> строка\r\n-- \r\nподпись"
        read = read_mail(mail(flowed, Content_Type="text/plain; charset=utf-8; format=flowed"))
        assert read.text == "Первая строка\n> чужая строка\n-- \nподпись"
        joined = read_mail(
            mail("сло \r\nво", Content_Type="text/plain; charset=utf-8; format=flowed; delsp=yes")
        )
        assert joined.text == "слово"

    def test_only_html(self):
        read = read_mail(
            mail(
                "<html><head><title>no</title></head><body><p>Раз</p><p>Два<br>три</p>",
                Content_Type="text/html; charset=utf-8",
            )
        )
        assert read.text == "Раз\n\nДва\nтри"
        assert read.html.startswith("<html>")

    def test_html_names_its_encoding_itself(self):
        body = '<meta charset="koi8-r"><p>Да'.encode("koi8-r")
        assert read_mail(mail(body, Content_Type="text/html")).text == "Да"

    def test_zero_bytes(self):
        read = read_mail(mail(b"a\x00b"))
        assert read.text == "ab"
        assert problems.NUL_BYTES in read.problems

    def test_uuencoded_file_in_the_text(self):
        body = "See file\n\nbegin 644 data.txt\n%:&5L;&\\\n`\nend\nbye\n"
        read = read_mail(mail(body))
        assert names(read) == [("data.txt", "application/octet-stream", 5)]
        assert read.attachments[0].content == b"hello"
        assert read.text == "See file\n\n\nbye\n"


class TestParts:
    def test_alternative_gives_both_forms(self):
        read = read_mail(multipart("alternative", PLAIN, HTML))
        assert (read.text, read.html) == ("Простой текст", "<p>Текст <b>HTML</b></p>")
        assert read.attachments == []

    def test_an_empty_plain_form_is_replaced_by_the_html(self):
        blank = part(" \r\n", Content_Type="text/plain")
        assert read_mail(multipart("alternative", blank, HTML)).text == "Текст HTML"

    def test_pictures_within_and_files_beside(self):
        picture = file(b"png", "logo.png", "image/png", Content_ID="<logo@x>")
        shown = part('<img src="cid:logo@x">', Content_Type="text/html")
        inside = nested("related", nested("alternative", PLAIN, shown, boundary="deep"), picture)
        read = read_mail(multipart("mixed", inside, file(b"%PDF", "Счёт.pdf")))
        assert names(read) == [("logo.png", "image/png", 3), ("Счёт.pdf", "application/pdf", 4)]
        assert [(one.content_id, one.inline) for one in read.attachments] == [("logo@x", True), ("", False)]

    def test_text_around_a_file_is_joined(self):
        read = read_mail(
            multipart("mixed", PLAIN, file(b"x", "a.pdf"), part("Подпись", Content_Type="text/plain"))
        )
        assert read.text == "Простой текст\nПодпись"

    def test_a_named_text_beside_the_letter_is_a_file(self):
        log = part("lines", Content_Type='text/plain; name="app.log"')
        read = read_mail(multipart("mixed", PLAIN, log))
        assert (read.text, names(read)) == ("Простой текст", [("app.log", "text/plain", 5)])

    def test_an_attached_mail_keeps_its_bytes(self):
        inner = mail(b"\xcf\xf0\xe8\xe2\xe5\xf2", Subject="Inner")
        read = read_mail(multipart("mixed", PLAIN, part(inner, Content_Type="message/rfc822")))
        assert names(read) == [("Inner.eml", "message/rfc822", len(inner))]
        assert read.attachments[0].content == inner

    def test_a_calendar_request_is_a_file(self):
        invite = part("BEGIN:VCALENDAR", Content_Type="text/calendar; method=REQUEST")
        read = read_mail(multipart("alternative", PLAIN, invite))
        assert (read.text, names(read)) == ("Простой текст", [("invite.ics", "text/calendar", 15)])

    @pytest.mark.parametrize(
        ("disposition", "name"),
        [
            ("attachment; filename*=utf-8''%D0%A1%D1%87%D1%91%D1%82.pdf", "Счёт.pdf"),
            ("attachment; filename*0*=utf-8''%D0%A1%D1; filename*1*=%87%D1%91%D1%82.pdf", "Счёт.pdf"),
            ('attachment; filename="=?utf-8?B?0KHRh9GR0YIucGRm?="', "Счёт.pdf"),
            ("attachment; filename=Счёт.pdf", "Счёт.pdf"),
            ("attachment; filename*=koi8-r''%F3%DE%C5%D4.pdf", "Счет.pdf"),
            ("attachment; filename*=iso-2022-jp''%1B$B%1B.pdf", ".pdf"),
            ("attachment; filename*zz*=1; filename*99999999999*=x", "x"),
            ('attachment; filename="..\\..\\C:\\evil.exe"', "evil.exe"),
            ('attachment; filename="/etc/passwd"', "passwd"),
            ('attachment; filename="a\u202efdp.exe"', "afdp.exe"),
            (f'attachment; filename="{"я" * 400}.pdf"', "я" * 129 + ".pdf"),
            ("attachment", "part-1.pdf"),
        ],
    )
    def test_names(self, disposition, name):
        raw = multipart("mixed", part("x", Content_Type="application/pdf", Content_Disposition=disposition))
        (found,) = read_mail(raw).attachments
        assert found.name == name or (name == ".pdf" and found.name.endswith("pdf"))

    def test_a_missing_end(self):
        read = read_mail(multipart("mixed", PLAIN, file(b"%PDF", "a.pdf"), close=False))
        assert (read.text, len(read.attachments)) == ("Простой текст", 1)
        assert problems.OPEN_BOUNDARY in read.problems

    def test_a_boundary_other_than_named_is_found(self):
        raw = multipart("mixed", PLAIN, HTML, boundary="real").replace(
            b'boundary="real"', b'boundary="named"'
        )
        read = read_mail(raw)
        assert read.text == "Простой текст\nТекст HTML"
        assert problems.NO_BOUNDARY in read.problems

    def test_a_multipart_without_any_boundary_is_text(self):
        read = read_mail(mail("just words", Content_Type="multipart/mixed"))
        assert read.text == "just words"

    def test_the_same_boundary_twice(self):
        raw = multipart("mixed", nested("alternative", PLAIN, HTML, boundary="same"), boundary="same")
        assert "Простой текст" in read_mail(raw).text

    def test_winmail_dat(self):
        read = read_mail(
            multipart("mixed", PLAIN, file(tnef("Счёт.txt", b"hello"), "winmail.dat", "application/ms-tnef"))
        )
        assert [(one.name, one.content) for one in read.attachments] == [("Счёт.txt", b"hello")]
        assert read.problems == []

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x78\x9f\x3e\x22",
            b"\x78\x9f\x3e\x22" + b"\xff" * 40,
            b"\x78\x9f\x3e\x22\x00\x00" + b"\x00" * 4_000_000,
        ],
    )
    def test_a_broken_winmail_dat_stays_a_file(self, content):
        read = read_mail(multipart("mixed", PLAIN, file(content, "winmail.dat", "application/ms-tnef")))
        assert names(read) == [("winmail.dat", "application/ms-tnef", len(content))]
        assert problems.BROKEN_TNEF in read.problems


def tnef(name: str, content: bytes) -> bytes:
    """The smallest winmail.dat with one file."""

    def piece(level: int, kind: int, form: int, data: bytes) -> bytes:
        return (
            struct.pack("<BHHI", level, kind, form, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
        )

    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + piece(1, 0x9007, 6, struct.pack("<II", 1251, 0))
        + piece(2, 0x9002, 6, b"\0" * 14)
        + piece(2, 0x8010, 1, name.encode() + b"\0")
        + piece(2, 0x800F, 6, content)
    )


class TestBadMails:
    @pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b" \n\t "])
    def test_an_empty_file(self, raw):
        with pytest.raises(UnreadableMail):
            read_mail(raw)

    def test_headers_only(self):
        read = read_mail(b"From: a@b.example\r\nSubject: only")
        assert (read.subject, read.text, read.attachments) == ("only", "", [])

    def test_not_mime_at_all(self):
        read = read_mail("Просто текст: без заголовков\nи всё\n\nконец".encode("cp1251"))
        assert read.text == "Просто текст: без заголовков\nи всё\n\nконец"
        assert problems.NO_HEADERS in read.problems

    def test_old_line_ends_and_mailbox_files(self):
        assert read_mail(b"Subject: x\rFrom: a@b.example\r\rbody").text == "body"
        assert read_mail(b"Subject: x\r\r\nFrom: a@b.example\r\r\n\r\r\nbody").text == "body"
        assert read_mail(b"From a@b Mon Nov 23\nSubject: x\n\nbody").subject == "x"
        assert read_mail(b"\xef\xbb\xbfSubject: x\n\nbody").subject == "x"

    def test_a_long_text_without_headers_is_kept_whole(self):
        text = "слово " * 300_000
        assert read_mail(text.encode()).text == text


BOMBS = {
    "nesting": b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level) for level in range(5000)
    ),
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 20_000,
    "parts": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 300_000,
    "huge header": b"Subject: " + b"=?utf-8?q?" * 200_000 + b"\n\n",
    "words to guess": b"From: %b\nTo: %b\nSubject: %b\n\n"
    % ((b"=?x?q?=F1=80=F2=81z=F3=82w=F4=83?= a" * 5_000,) * 3),
    "huge folded header": b"Subject: x\n" + b" y\n" * 700_000 + b"\n",
    "many headers": b"X-A: b\n" * 300_000 + b"\n",
    "stray lines": b"Subject: x\n" + b"stray\nFrom: a\n" * 60_000 + b"\n",
    "comments": b"From: " + b"(" * 300_000 + b"\n\n",
    "quotes": b"To: " + b'\\"' * 90_000 + b"\n\n",
    "brackets": b"To: " + b"<" * 300_000 + b"\n\n",
    "parameters": b"Content-Type: text/plain;" + b';"' * 300_000 + b"\n\n",
    "tags": b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
    "open comments": b"Content-Type: text/html\n\n" + b"<!--" * 300_000,
    "open quotes": b"Content-Type: text/html\n\n" + b'<a b="' * 200_000,
    "uu": b"X: y\n\n" + b"begin 644 x\n" * 100_000,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"QQ==\n" * 200_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_in_time(name):
    started = time.process_time()
    read_mail(BOMBS[name])
    assert time.process_time() - started < 3


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(["", "text/html", "multipart/mixed; boundary=x", "application/ms-tnef"]),
)
def test_any_bytes_are_read(junk, kind):
    head = b"From: " + junk[:100] + b"\nAuto-Submitted: " + junk[:20]
    read = read_mail(head + b"\nContent-Type: " + kind.encode() + b"\n\n--x\n" + junk[100:])
    words = [
        read.subject,
        read.text,
        read.html,
        read.from_name,
        read.from_address,
        read.kind_reason,
        read.message_id,
    ]
    "".join(words).encode()  # half letters would not go into a database
    assert "\x00" not in "".join(words)


def test_raw_letters_in_the_reason_are_cleaned():
    assert (
        read_mail(mail(Auto_Submitted=b"auto-\xff\x00replied")).kind_reason == "Auto-Submitted: auto- replied"
    )
