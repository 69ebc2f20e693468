from django.db import migrations


class Migration(migrations.Migration):
    initial = False
    dependencies = [("loyalty", "0001_promotions")]

    operations = []
