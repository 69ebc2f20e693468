"""Stock by date."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_calendar")]

    operations = []
