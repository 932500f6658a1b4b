from django.db import migrations, models

KEPT = """
    CREATE FUNCTION invoices_unpaid_units(revision bigint) RETURNS varchar LANGUAGE sql STABLE AS $$
        SELECT CASE WHEN bool_or(b.given_at IS NOT NULL) THEN 'given'
                    WHEN count(*) > 0 THEN 'ordered' ELSE '' END
        FROM invoices_line AS l JOIN products_batch AS b ON b.id = l.batch_id
        WHERE l.revision_id = $1 AND l.live AND l.kind = 'charge'
          AND b.paid_at IS NULL AND b.taken_back_at IS NULL
    $$;

    CREATE FUNCTION invoices_look_at_units() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.unpaid_units := invoices_unpaid_units(NEW.current_id);
        RETURN NEW;
    END $$;
    CREATE TRIGGER invoices_look_at_units BEFORE UPDATE OF status, current_id ON invoices_invoice
        FOR EACH ROW
        WHEN (NEW.status = 'issued'
              AND (OLD.status, OLD.current_id) IS DISTINCT FROM (NEW.status, NEW.current_id))
        EXECUTE FUNCTION invoices_look_at_units();

    CREATE FUNCTION invoices_follow_units() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE invoices_invoice AS i SET unpaid_units = invoices_unpaid_units(i.current_id)
        WHERE i.status = 'issued' AND i.id IN (
            SELECT r.invoice_id FROM new_rows AS n JOIN old_rows AS o ON o.id = n.id
            JOIN invoices_line AS l ON l.batch_id = n.id AND l.live AND l.kind = 'charge'
            JOIN invoices_revision AS r ON r.id = l.revision_id
            WHERE (n.paid_at IS NULL, n.taken_back_at IS NULL, n.given_at IS NULL)
               <> (o.paid_at IS NULL, o.taken_back_at IS NULL, o.given_at IS NULL));
        RETURN NULL;
    END $$;
    CREATE TRIGGER invoices_follow_units AFTER UPDATE ON products_batch
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION invoices_follow_units();

    UPDATE invoices_invoice AS i SET unpaid_units = u.units
    FROM (SELECT r.invoice_id, CASE WHEN bool_or(b.given_at IS NOT NULL) THEN 'given'
                                    ELSE 'ordered' END AS units
          FROM products_batch AS b JOIN invoices_line AS l ON l.batch_id = b.id
          JOIN invoices_revision AS r ON r.id = l.revision_id
          WHERE b.paid_at IS NULL AND b.taken_back_at IS NULL AND l.live AND l.kind = 'charge'
          GROUP BY r.invoice_id) AS u
    WHERE i.id = u.invoice_id AND i.status = 'issued';
"""
FORGOTTEN = """
    DROP TRIGGER invoices_follow_units ON products_batch;
    DROP FUNCTION invoices_follow_units();
    DROP TRIGGER invoices_look_at_units ON invoices_invoice;
    DROP FUNCTION invoices_look_at_units();
    DROP FUNCTION invoices_unpaid_units(bigint);
"""


class Migration(migrations.Migration):
    """Which unpaid invoices sell units that nobody has paid, kept by the database (R3.2)."""

    dependencies = [
        ("invoices", "0010_heavy_reads"),
        ("products", "0006_heavy_reads"),
    ]
    operations = [
        migrations.AddField(
            model_name="invoice",
            name="unpaid_units",
            field=models.CharField(
                blank=True,
                choices=[("", "none"), ("ordered", "not handed over"), ("given", "given")],
                default="",
                editable=False,
                max_length=8,
                verbose_name="unpaid units",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("status", "issued"), models.Q(("unpaid_units", ""), _negated=True)),
                fields=["issued_on", "id"],
                include=("due_on", "total", "unpaid_units"),
                name="invoice_unpaid_units",
            ),
        ),
        migrations.RunSQL(KEPT, FORGOTTEN),
    ]
