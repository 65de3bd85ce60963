from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('surveys', '0002_customer_imports'),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('owner', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('queue', models.CharField(choices=[('email', 'Email'), ('bulk', 'Bulk')], max_length=8)),
                ('claimed_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'batches',
            },
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'due')), fields=['campaign', 'due_at', 'id'], name='delivery_due_in_campaign'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('finished_at', None), ('state', 'sent')), fields=['id'], name='delivery_untold'),
        ),
    ]
