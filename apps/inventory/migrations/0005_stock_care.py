"""Lots, waste and low stock."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_dated_stock")]

    operations = []
