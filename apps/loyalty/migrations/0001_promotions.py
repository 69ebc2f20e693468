from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = [("catalog", "0009_published_at")]

    operations = []
