"""Ingredients, recipes, and what follows from them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_cutouts")]

    operations = []
