from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_consent")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="waits",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["state", "-created_at", "-id"], name="message_by_state"),
        ),
    ]
