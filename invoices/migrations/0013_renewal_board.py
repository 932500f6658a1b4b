import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import billing_site.kit.clock


class Migration(migrations.Migration):
    """Who has looked at a renewal draft; papers that go with one letter (R5.2)."""

    dependencies = [
        ("letters", "0004_search"),
        ("invoices", "0012_proof_waits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="DraftCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen", models.CharField(max_length=16)),
                ("at", models.DateTimeField(default=billing_site.kit.clock.now, verbose_name="checked")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draft_check",
                        to="invoices.invoice",
                    ),
                ),
            ],
            options={"verbose_name": "check of a draft", "verbose_name_plural": "checks of drafts"},
        ),
        migrations.CreateModel(
            name="Enclosure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enclosures",
                        to="letters.letter",
                    ),
                ),
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enclosure",
                        to="invoices.revision",
                    ),
                ),
            ],
            options={"verbose_name": "enclosure", "verbose_name_plural": "enclosures"},
        ),
    ]
