from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("orders", "0003_sale")]

    operations = []
