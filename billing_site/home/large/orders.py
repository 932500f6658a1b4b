"""Orders: the one that a client began with, and what waits for somebody to accept it."""

from billing_site.home.large.ground import fill, plan
from billing_site.home.large.office import FIRST_CLIENT, Office
from billing_site.home.large.services import REPORTING
from billing_site.home.large.sizes import Size
from products.models import Order, OrderLine

# The lines of a first order are its services' first batches, under the services' own numbers.
_FIRST = f"""large.service s JOIN large.batch b ON b.service_id = s.id AND b.place = 0
    WHERE s.sn < {REPORTING} AND s.size = 'usual'"""


def fill_orders(size: Size, office: Office) -> None:
    seller, hours = str(office.staff["sales"].pk), "(SELECT id FROM large.product WHERE code = 'hours')"
    fill(Order, f"""FROM large.person p JOIN (
                SELECT s.k, min(s.since) AS starts_on,
                    sum(round(b.quantity * b.price * (100 - b.discount) / 100.0, 2)) AS total
                FROM {_FIRST} GROUP BY s.k) AS o USING (k) ORDER BY k""", {
        "id": "k", "client_id": "p.id", "payer_id": "p.payer_id", "status": "'accepted'", "total": "o.total",
        "starts_on": "starts_on", "author_id": seller, "created_at": "large.at(starts_on - 3, k, 600)",
    })  # fmt: skip
    fill(OrderLine, f"FROM {_FIRST} ORDER BY s.id", {
        "id": "s.id", "order_id": "s.k", "product_id": "s.product_id", "cycle": "s.cycle",
        "quantity": "b.quantity", "price": "b.price", "discount": "b.discount",
        "own_price_because": "CASE WHEN b.own THEN 'Договорённость при переходе' ELSE '' END",
    })  # fmt: skip
    later = "FROM large.life WHERE fate = 'runs' AND large.roll(k, 601, 100) < 5"
    number = (
        "(SELECT max(id) FROM products_order) + row_number() OVER (ORDER BY large.roll(k, 602, 200) DESC, k)"
    )
    day = f"DATE '{size.today}' - 1 - large.roll(k, 602, 200)"
    hours_wanted = "1 + large.roll(k, 603, 8)"
    plan("wanted", f"SELECT k, {number} AS id {later}")
    fill(Order, "FROM large.wanted w JOIN large.person p USING (k) ORDER BY w.id", {
        "id": "w.id", "client_id": f"{FIRST_CLIENT} + k", "payer_id": "p.payer_id", "starts_on": f"{day} + 7",
        "status": """(ARRAY['pending', 'pending', 'pending', 'pending', 'cancelled', 'refused', 'fraud'])
            [1 + large.roll(k, 604, 7)]""",
        "total": f"2400 * ({hours_wanted})", "author_id": seller, "created_at": f"large.at({day}, k, 605)",
    })  # fmt: skip
    fill(OrderLine, "FROM large.wanted w ORDER BY w.id", {
        "id": "(SELECT max(id) FROM large.service) + row_number() OVER (ORDER BY w.id)", "order_id": "w.id",
        "product_id": hours, "cycle": "'one_time'", "quantity": hours_wanted, "price": "2400",
    })  # fmt: skip
