from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_sending")]

    operations = []
