"""The product of custom cakes is on no shelf: the database says so as well."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0010_seo_description"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "custom_template"), ("status", "published"), _negated=True
                ),
                name="product_template_unpublished",
            ),
        ),
    ]
