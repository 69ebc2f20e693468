from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_messages_and_contacts")]

    operations = []
