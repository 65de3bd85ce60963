from django.db import migrations

# The audit trail goes with an organization whose deletion has begun. The application's role may begin one, as it must;
# it cannot take that back, nor put a new row in the place of the old one: whatever number an INSERT names, the next of
# the sequence is taken, which the role may not set. So nobody goes on with an organization whose trail was emptied. See docs/operators.md.
ONE_WAY = """
CREATE FUNCTION surveys_deletion_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.id := nextval(pg_get_serial_sequence(TG_RELID::regclass::text, 'id'));
    ELSIF NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'organizations keep their number' USING ERRCODE = 'insufficient_privilege';
    ELSIF OLD.deletion_began_at IS NOT NULL AND NEW.deletion_began_at IS NULL THEN
        RAISE EXCEPTION 'a deletion that has begun goes on' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deletion_goes_on BEFORE INSERT OR UPDATE OF id, deletion_began_at ON surveys_organization
    FOR EACH ROW EXECUTE FUNCTION surveys_deletion_goes_on();
"""


class Migration(migrations.Migration):
    """Who lets the audit trail be forgotten loses the organization with it."""

    dependencies = [
        ("surveys", "0018_no_check_of_property_sets"),
    ]

    operations = [
        migrations.RunSQL(
            ONE_WAY,
            "DROP TRIGGER deletion_goes_on ON surveys_organization; DROP FUNCTION surveys_deletion_goes_on();",
        ),
    ]
