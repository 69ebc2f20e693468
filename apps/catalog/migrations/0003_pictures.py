"""Pictures of products, with their private originals."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_sizes_in_full")]

    operations = []
