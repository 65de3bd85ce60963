from django.db import migrations

# Whoever writes SQL under the application's role meets the trigger: only the two functions below run as the tables'
# owner, and only they set the variable. Both ways are narrow: an organization whose deletion has begun, and age.
KEPT = """
CREATE FUNCTION surveys_audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('nps.forgetting_audit', true) = 'on'
       AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'entries of the audit trail are neither changed nor deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON surveys_auditentry
    FOR EACH ROW EXECUTE FUNCTION surveys_audit_is_kept();
"""
FORGET_WITH_ORGANIZATION = """
CREATE FUNCTION surveys_forget_audit_of(organization bigint, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    PERFORM set_config('nps.forgetting_audit', 'on', true);
    DELETE FROM surveys_auditentry WHERE id IN (
        SELECT e.id FROM surveys_auditentry e JOIN surveys_organization o ON o.id = e.organization_id
        WHERE e.organization_id = $1 AND o.deletion_began_at IS NOT NULL LIMIT $2);
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    PERFORM set_config('nps.forgetting_audit', 'off', true);
    RETURN forgotten;
END $$;
"""
# The clock of the database has the last word: whatever the application asks for, 90 days are kept.
FORGET_BY_AGE = """
CREATE FUNCTION surveys_forget_audit_before(organization bigint, before timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    PERFORM set_config('nps.forgetting_audit', 'on', true);
    DELETE FROM surveys_auditentry WHERE id IN (
        SELECT e.id FROM surveys_auditentry e
        WHERE e.organization_id = $1 AND e.at < least($2, now() - interval '90 days')
        ORDER BY e.at LIMIT $3);
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    PERFORM set_config('nps.forgetting_audit', 'off', true);
    RETURN forgotten;
END $$;
"""


class Migration(migrations.Migration):
    """Nobody edits the audit trail, whatever the application asks for."""

    dependencies = [
        ("surveys", "0009_governance"),
    ]

    operations = [
        migrations.RunSQL(
            KEPT,
            "DROP TRIGGER audit_is_kept ON surveys_auditentry; DROP FUNCTION surveys_audit_is_kept();",
        ),
        migrations.RunSQL(
            FORGET_WITH_ORGANIZATION,
            "DROP FUNCTION surveys_forget_audit_of(bigint, integer);",
        ),
        migrations.RunSQL(
            FORGET_BY_AGE,
            "DROP FUNCTION surveys_forget_audit_before(bigint, timestamptz, integer);",
        ),
    ]
