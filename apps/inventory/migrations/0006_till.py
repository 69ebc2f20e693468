"""The till's side of stock."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_stock_care")]

    operations = []
