from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_credits")]

    operations = []
