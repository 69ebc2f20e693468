from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0014_languages"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="cart_id",
            field=models.UUIDField(editable=False, null=True),
        ),
    ]
