from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_stripe")]

    operations = [
        migrations.AddField(
            model_name="checkoutattempt",
            name="decline",
            field=models.CharField(blank=True, max_length=60),
        ),
    ]
