"""Clients with their payers, contacts, addresses, and what staff keep about them."""

from billing_site.home.large.ground import array, fill, plan, run
from billing_site.home.large.office import CLIENTS_A_MANAGER, FIRST_CLIENT, Office
from billing_site.home.large.sizes import Size
from billing_site.home.large.words import (
    BANKS,
    FATHERS,
    LOGINS,
    MEN,
    NOTES,
    POSTS,
    SOURCES,
    STREETS,
    SURNAMES,
    TOWNS,
    WOMEN,
)
from clients.models import Client, Contact, EmailAddress, FormerId, Note, Payer, Referral

NOTED = 2  # the client with the most notes
MOST_NOTES = 5000
# Check digits as kit.requisites makes them, in SQL.
REQUISITES = """
    CREATE FUNCTION large.control(digits text, weights int[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT (sum(substr(digits, i, 1)::int * weights[i]) % 11 % 10)::text
        FROM generate_series(1, cardinality(weights)) AS i $$;
    CREATE FUNCTION large.inn(digits text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE length(digits) WHEN 9 THEN digits || large.control(digits, '{2,4,10,3,5,9,4,6,8}')
            ELSE (SELECT d || large.control(d, '{3,7,2,4,10,3,5,9,4,6,8}')
                  FROM (SELECT digits || large.control(digits, '{7,2,4,10,3,5,9,4,6,8}') AS d) AS x) END $$;
    CREATE FUNCTION large.ogrn(digits text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT digits || digits::bigint % CASE length(digits) WHEN 12 THEN 11 ELSE 13 END % 10 $$;
    CREATE FUNCTION large.account(bic text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT '40702810' || sum(substr(digits, i, 1)::int * (ARRAY[7, 1, 3])[1 + (i - 1) % 3] % 10) * 3 % 10
            || substr(digits, 13)
        FROM (SELECT right(bic, 3) || '407028100' || lpad(n::text, 11, '0') AS digits) AS d,
            generate_series(1, 23) AS i GROUP BY digits $$;
"""


def plan_people(size: Size) -> None:
    """Numbers of each client's payers and contacts, its town and manager; and the payers' requisites."""
    run(REQUISITES)
    towns = array([town for town, _region in TOWNS])
    regions = array([region for _town, region in TOWNS])
    managers = 2 + size.clients // CLIENTS_A_MANAGER
    plan("person", f"""
        SELECT p.*, sum(payers) OVER w - payers + 1 AS payer_id,
            sum(contacts) OVER w - contacts + 1 AS contact_id, sum(notes) OVER w - notes AS notes_before,
            ({towns})[town] AS town_name, ({regions})[town] AS region
        FROM (
            SELECT k, {FIRST_CLIENT} + k AS id,
                CASE WHEN large.roll(k, 100, 100) < 80 THEN 1 WHEN large.roll(k, 100, 100) < 95 THEN 2
                    ELSE 3 END
                    AS payers,
                (ARRAY[1, 1, 2, 2, 3])[1 + large.roll(k, 101, 5)] AS contacts,
                CASE WHEN k = {NOTED} THEN least({MOST_NOTES}, {size.clients} / 20)
                     ELSE (ARRAY[0, 0, 1, 1, 2, 4])[1 + large.roll(k, 102, 6)] END AS notes,
                1 + large.roll(k, 103, {len(TOWNS)}) AS town,
                CASE WHEN large.roll(k, 104, 100) >= 3 THEN m.id END AS manager_id
            FROM generate_series(1, {size.clients}) AS k
            JOIN large.manager m ON m.n = large.roll(k, 105, {managers})
        ) AS p WINDOW w AS (ORDER BY k)""", key="k")  # fmt: skip
    _plan_payers()


def _plan_payers() -> None:
    bics, banks = array([bic for _name, bic in BANKS]), array([name for name, _bic in BANKS])
    plan("payer", f"""
        SELECT x.*, large.inn(digits) AS inn, ({bics})[bank] AS bic, ({banks})[bank] AS bank_name,
            large.account(({bics})[bank], id) AS account,
            CASE kind WHEN 'legal' THEN region || '0101001' ELSE '' END AS kpp
        FROM (
            SELECT y AS id, k, p.id AS client_id, n, kind, region, town_name, o.came_on,
                region || CASE kind WHEN 'legal' THEN lpad((y * 7919 % 10000000)::text, 7, '0')
                    ELSE lpad((y * 7919 % 100000000)::text, 8, '0') END AS digits,
                CASE WHEN kind = 'legal' THEN (ARRAY['ООО', 'ООО', 'ООО', 'АО'])[1 + large.roll(y, 130, 4)]
                    || ' "'
                    || translate(name, '«»', '') || CASE WHEN n > 1 THEN ' ' || n ELSE '' END || '"'
                    ELSE name END AS name,
                1 + large.roll(y, 131, {len(BANKS)}) AS bank
            FROM large.client JOIN large.person p USING (k) JOIN large.course o USING (k),
                generate_series(1, payers) AS n, LATERAL (SELECT (payer_id + n - 1)::bigint AS y) AS l
        ) AS x""", key="id")  # fmt: skip


def fill_clients(size: Size, office: Office) -> None:
    sometimes = "large.roll(k, {salt}, 1000) < {share}".format
    fill(Client, """FROM large.client c JOIN large.person p USING (k) JOIN large.course o USING (k)
            LEFT JOIN large.company_group g ON g.n = large.roll(k, 112, 100000)
            LEFT JOIN large.client_group h ON h.n = large.roll(k, 113, 12) ORDER BY k""", {
        "id": "p.id", "name": "c.name",
        "status": """CASE WHEN fate = 'runs' THEN 'active' WHEN fate = 'left' AND large.roll(k, 110, 2) = 0
            THEN 'closed' WHEN fate = 'left' OR large.roll(k, 110, 3) = 0 THEN 'inactive'
                ELSE 'active' END""",
        "language": f"CASE WHEN {sometimes(salt=111, share=15)} THEN 'en' ELSE 'ru' END",
        "phone": "'+7495' || lpad(large.roll(k, 114, 10000000)::text, 7, '0')",
        "account_manager_id": "p.manager_id", "sales_manager_id": str(office.staff["sales"].pk),
        "company": "c.name", "company_group_id": "g.id", "client_group_id": "h.id",
        "office_name": "CASE WHEN large.roll(k, 115, 10) = 0 THEN p.town_name ELSE '' END",
        "lead": "CASE WHEN large.roll(k, 116, 8) = 0 THEN 'Лид ' || k ELSE '' END",
        "utm": """CASE WHEN large.roll(k, 117, 5) = 0 THEN jsonb_build_object('source', 'yandex', 'campaign',
            'oblako-' || large.roll(k, 118, 30)) ELSE '{}' END""",
        "postal_address": "'а/я ' || large.roll(k, 119, 900) || ', г. ' || p.town_name",
        "portal_login": "CASE WHEN large.roll(k, 120, 3) > 0 THEN 'its' || 100000 + k ELSE '' END",
        "cloud_login": "'cloud' || k", "source": f"large.word({array(SOURCES)}, k, 121)",
        "tax_exempt": sometimes(salt=122, share=10), "no_late_fee": sometimes(salt=123, share=50),
        "no_overdue_notices": sometimes(salt=124, share=30), "separate_invoices": "c.size <> 'usual'",
        "never_suspend": sometimes(salt=125, share=20), "reliable_payer": sometimes(salt=126, share=150),
        "recovery": sometimes(salt=127, share=8), "no_auto_card": sometimes(salt=128, share=500),
        "admin_notes": """CASE WHEN large.roll(k, 129, 9) = 0 THEN 'Работаем с ' || extract(year
                FROM o.came_on)
            || ' года.' ELSE '' END""",
        "registered_on": "o.came_on",
    })  # fmt: skip


def fill_payers() -> None:
    number = (
        "lpad(({least} + large.roll(id, 132, {spread}))::text, 2, '0') || region || lpad(id::text, {n}, '0')"
    )
    legal, sole = number.format(least=2, spread=23, n=7), number.format(least=4, spread=21, n=9)
    fill(Payer, "FROM large.payer y ORDER BY id", {
        "id": "id", "client_id": "client_id", "kind": "kind", "name": "name", "inn": "inn", "kpp": "kpp",
        "ogrn": f"""CASE kind WHEN 'legal' THEN large.ogrn('1' || {legal})
            WHEN 'sole' THEN large.ogrn('3' || {sole}) ELSE '' END""",
        "legal_address": f"""(100000 + large.roll(id, 133, 500000)) || ', г. ' || town_name || ', '
            || large.word({array(STREETS)}, id, 134) || ', д. ' || 1 + large.roll(id, 135, 120)""",
        "counterparty_code": """CASE WHEN large.roll(id, 136, 100) >= 4 THEN (20000000 + id * 3)::text
            ELSE '' END""",
        "signatory_post": "CASE kind WHEN 'legal' THEN 'Генеральный директор' ELSE '' END",
        "signatory": f"""large.word({array(SURNAMES)}, id, 137) || ' '
            || substr('АБВГДЕИК', id::int % 8 + 1, 1) || '. П.'""",
        "bank_name": "bank_name", "bic": "bic", "account": "account",
        "is_default": "n = 1", "valid_from": "came_on",
    })  # fmt: skip


def fill_contacts(size: Size) -> None:
    """People at the client, and all addresses: theirs and the client's own."""
    surname, father = f"large.word({array(SURNAMES)}, n, 140)", f"large.word({array(FATHERS)}, n, 142)"
    woman = f"{surname} || 'а ' || large.word({array(WOMEN)}, n, 141) || ' ' || {father} || 'на'"
    man = f"{surname} || ' ' || large.word({array(MEN)}, n, 141) || ' ' || {father} || 'ич'"
    powers = "'{papers,order}|{access,delete}|{papers}|{order,requisites,access,delete}'"
    fill(Contact, f"{_CONTACTS} ORDER BY n", {
        "id": "n", "client_id": "p.id",
        "name": f"CASE WHEN large.roll(n, 143, 5) < 3 THEN {woman} ELSE {man} END",
        "post": f"large.word({array(POSTS)}, n, 144)",
        "phone": "'+79' || lpad(large.roll(n, 145, 1000000000)::text, 9, '0')",
        "powers": f"split_part({powers}, '|', 1 + large.roll(n, 146, 4))::varchar[]",
        "classes": "CASE WHEN large.roll(n, 147, 4) = 0 THEN '{invoices,papers}'::varchar[] ELSE '{}' END",
    })  # fmt: skip
    plan("address", _ADDRESSES.format(logins=array(LOGINS), accountants=max(1, size.clients // 120)), key="k")
    fill(EmailAddress, "FROM large.address", {
        "id": "row_number() OVER (ORDER BY k, kind = 'profile' DESC, address)", "client_id": "client_id",
        "contact_id": "contact_id", "kind": "kind", "address": "address",
        "bounced_at": f"""CASE WHEN large.roll(k, 156, 70) = 0 AND kind = 'profile'
            THEN large.at(DATE '{size.today}' - 9, k, 157) END""",
    })  # fmt: skip


_CONTACTS = """FROM large.person p JOIN large.client USING (k),
    generate_series(contact_id::bigint, (contact_id + contacts - 1)::bigint) AS n"""
# The profile address; a contact's own; a shared accountant's; one that was the main one before.
_ADDRESSES = f"""
    SELECT k, p.id AS client_id, NULL::bigint AS contact_id, 'profile' AS kind,
        large.word({{logins}}, k, 150) || '@' || host AS address
    FROM large.client JOIN large.person p USING (k)
    UNION ALL
    SELECT k, p.id, n, 'exclusive', (ARRAY['smirnova', 'belkin', 'frolova', 'martynov', 'orlova', 'kovaleva'])
        [1 + large.roll(n, 151, 6)] || n || '@' || host
    {_CONTACTS} WHERE large.roll(n, 152, 10) < 7
    UNION ALL
    SELECT k, p.id, p.contact_id, 'shared', 'buh' || large.roll(k, 153, {{accountants}}) || '@uchet.example'
    FROM large.person p WHERE large.roll(k, 154, 100) < 3
    UNION ALL
    SELECT k, p.id, NULL, 'former', 'old@' || host
    FROM large.client JOIN large.person p USING (k) WHERE large.roll(k, 155, 100) < 4"""


def fill_rest(size: Size, office: Office) -> None:
    """Numbers of before, who brought whom, notes."""
    fill(FormerId, "FROM large.person WHERE large.roll(k, 160, 10) = 0 ORDER BY k", {
        "id": "row_number() OVER (ORDER BY k)", "former": "5000000 + k * 3", "client_id": "id",
    })  # fmt: skip
    fill(Referral, """FROM large.person p JOIN large.course o USING (k)
            WHERE k > 20 AND large.roll(k, 161, 12) = 0 ORDER BY k""", {
        "id": "row_number() OVER (ORDER BY k)", "client_id": "p.id",
        "referrer_id": f"{FIRST_CLIENT} + 1 + large.roll(k, 162, k - 1)", "since": "o.came_on",
    })  # fmt: skip
    text = f"large.word({array(NOTES)}, m, 163)"
    source = """FROM large.person p, generate_series(1, notes) AS n,
        LATERAL (SELECT (notes_before + n)::bigint AS m) AS l"""
    day = f"DATE '{size.today}' - 1 - 1000 * (notes - n) / greatest(notes, 1) - large.roll(k, 166, 60)"
    fill(Note, f"{source} ORDER BY k, n", {
        "id": "m", "client_id": "p.id", "important": "large.roll(m, 164, 100) < 8",
        "text": f"CASE WHEN large.roll(m, 165, 5) = 0 THEN repeat({text} || E'\\n', 4) ELSE {text} END",
        "author_id": f"coalesce(p.manager_id, {office.staff['head'].pk})",
        "created_at": f"large.at({day}, k, 167) + n * interval '1 second'",
    })  # fmt: skip
