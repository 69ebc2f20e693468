from django.db import migrations, models

_TOPICS = [
    ("order", "An order"),
    ("account", "An account"),
    ("loyalty", "Points and gift cards"),
    ("cart", "A cart that was left"),
    ("news", "News and offers"),
    ("staff", "The shop itself"),
    ("measure", "Seeing what was opened"),
]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_messages_and_contacts")]

    operations = [
        migrations.AlterModelOptions(
            name="contact",
            options={
                "ordering": ["-pk"],
                "permissions": [
                    ("withdraw_consent", "Can take back consents for who asks by telephone")
                ],
            },
        ),
        migrations.AlterField(
            model_name="message",
            name="topic",
            field=models.CharField(choices=_TOPICS, default="order", max_length=20),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="topic",
            field=models.CharField(choices=_TOPICS, max_length=20),
        ),
        migrations.AlterField(
            model_name="subscriptionrecord",
            name="topic",
            field=models.CharField(choices=_TOPICS, max_length=20),
        ),
    ]
