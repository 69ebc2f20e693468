from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_disputes")]

    operations = [
        migrations.CreateModel(
            name="StripeListing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True)),
                ("read_until", models.DateTimeField()),
                ("window_ends", models.DateTimeField(null=True)),
                ("cursor", models.CharField(blank=True, max_length=255)),
                ("finished_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="checkoutattempt",
            name="decline",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="stripeevent",
            name="fetched_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="stripeevent",
            index=models.Index(
                condition=models.Q(("fetched_at", None)),
                fields=["-received_at"],
                name="stripe_event_delivered",
            ),
        ),
    ]
