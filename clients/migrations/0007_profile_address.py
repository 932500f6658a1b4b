from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0006_money_fields"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="emailaddress",
            name="address_one_profile",
        ),
        migrations.AddConstraint(
            model_name="emailaddress",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "profile")),
                fields=("client",),
                include=("address",),
                name="address_one_profile",
            ),
        ),
    ]
