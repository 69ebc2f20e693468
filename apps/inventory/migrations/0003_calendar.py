"""Opening hours, special days and blackouts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_minutes")]

    operations = []
