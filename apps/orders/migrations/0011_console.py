from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_bake_plan")]

    operations = []
