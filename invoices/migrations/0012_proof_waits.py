from django.db import migrations, models

FILL = """
    UPDATE invoices_invoice SET proof_waits = true
    WHERE role = 'addon' AND id IN (SELECT invoice_id FROM invoices_proofcard WHERE seen_at IS NULL)
"""


class Migration(migrations.Migration):
    """Additional invoices on control stand in one index, in the order of their list (R5.3)."""

    dependencies = [
        ("invoices", "0011_unpaid_units"),
    ]
    operations = [
        migrations.AddField(
            model_name="invoice",
            name="proof_waits",
            field=models.BooleanField(
                default=False, editable=False, verbose_name="proof card to look through"
            ),
        ),
        migrations.RemoveIndex(model_name="invoice", name="invoice_addon_unpaid"),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(
                    ("role", "addon"), models.Q(("status", "issued"), ("proof_waits", True), _connector="OR")
                ),
                fields=["-proof_waits", "-id"],
                include=("status", "total"),
                name="invoice_on_control",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
