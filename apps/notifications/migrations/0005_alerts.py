from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_sending")]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="words",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="alertcontact",
            name="kinds",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.CreateModel(
            name="AlertCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("day", models.DateField()),
                ("at", models.DateTimeField()),
                ("examined", models.PositiveIntegerField()),
                ("missing", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["-day", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("name", "day"), name="alert_check_once_a_day")
                ],
            },
        ),
    ]
