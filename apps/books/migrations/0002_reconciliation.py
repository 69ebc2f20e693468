from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("books", "0001_ledger")]

    operations = [
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("compared", models.PositiveIntegerField(default=0)),
                ("found", models.PositiveIntegerField(default=0)),
                ("new", models.PositiveIntegerField(default=0)),
                ("gone", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("started_by", models.CharField(max_length=200)),
            ],
            options={
                "indexes": [models.Index(fields=["-started_at"], name="reconciliation_newest")],
            },
        ),
        migrations.AddField(
            model_name="difference",
            name="about_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="difference",
            name="explained_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="difference",
            index=models.Index(fields=["-found_at"], name="difference_newest"),
        ),
    ]
