"""Since when a product is on sale; what is on sale already has been since its last change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_imports")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="published_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(
            "UPDATE catalog_product SET published_at = updated_at WHERE status = 'published'",
            migrations.RunSQL.noop,
        ),
    ]
