from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0003_sale"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeliveryZone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("postcode", "by postcode"), ("radius", "by distance")],
                        max_length=10,
                    ),
                ),
                ("country", models.CharField(max_length=2)),
                ("postcodes", models.JSONField(blank=True, default=list)),
                (
                    "radius_km",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True),
                ),
                ("fee", models.DecimalField(decimal_places=2, max_digits=8)),
                (
                    "free_from",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True),
                ),
                ("minimum", models.DecimalField(decimal_places=2, default=0, max_digits=8)),
                ("weekdays", models.JSONField(blank=True, default=list)),
                ("rank", models.PositiveSmallIntegerField(default=0)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fee__gte", 0),
                            ("minimum__gte", 0),
                            models.Q(("free_from", None), ("free_from__gt", 0), _connector="OR"),
                        ),
                        name="delivery_zone_amounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "postcode"), ("radius_km", None)),
                            models.Q(("kind", "radius"), ("radius_km__gt", 0)),
                            _connector="OR",
                        ),
                        name="delivery_zone_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PostcodePlace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("country", models.CharField(max_length=2)),
                ("postcode", models.CharField(max_length=12)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("latitude", models.FloatField()),
                ("longitude", models.FloatField()),
                ("source", models.CharField(max_length=100)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("country", "postcode"), name="postcode_place_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("latitude__gte", -90),
                            ("latitude__lte", 90),
                            ("longitude__gte", -180),
                            ("longitude__lte", 180),
                        ),
                        name="postcode_place_on_earth",
                    ),
                ],
            },
        ),
    ]
