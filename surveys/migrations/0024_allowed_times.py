from django.db import migrations

# A zone that PostgreSQL knows: the customer's, or else the organization's.
ZONE = """
CREATE FUNCTION surveys_zone(wanted text, otherwise text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF wanted = '' OR wanted IS NULL OR wanted = otherwise THEN
        RETURN otherwise;
    END IF;
    BEGIN
        PERFORM timezone(wanted, timestamptz '2000-01-01 00:00+00');
        RETURN wanted;
    EXCEPTION WHEN invalid_parameter_value THEN
        RETURN otherwise;
    END;
END $$;
"""
# Steps to where the window opens next if the offset to UTC stays as it is, and where it does not, to the moment at which
# it changes: in between the local time runs on evenly, so no moment of the window is passed over. Hours that a change
# of the clock leaves out are no part of the window, hours that it repeats are in it twice.
ALLOWED_AT = """
CREATE FUNCTION surveys_allowed_at(at timestamptz, zone text, send_from time, send_until time, send_days integer)
RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    opens interval := coalesce(send_from, time '00:00');
    closes interval := coalesce(send_until, time '24:00');
    moment timestamptz := at;
    local timestamp;
    day timestamp;
    shift interval;
    next timestamptz;
    low bigint;
    high bigint;
    middle bigint;
BEGIN
    IF send_from IS NULL AND send_days = 127 THEN
        RETURN at;
    END IF;
    FOR attempt IN 1..50 LOOP
        local := moment AT TIME ZONE zone;
        day := date_trunc('day', local);
        IF (send_days >> (extract(isodow FROM day)::integer - 1)) & 1 = 1 AND local < day + closes THEN
            IF local >= day + opens THEN
                RETURN moment;
            END IF;
        ELSE
            FOR later IN 1..7 LOOP
                day := day + interval '1 day';
                EXIT WHEN (send_days >> (extract(isodow FROM day)::integer - 1)) & 1 = 1;
            END LOOP;
        END IF;
        shift := local - (moment AT TIME ZONE 'UTC');
        next := (day + opens - shift) AT TIME ZONE 'UTC';
        IF (next AT TIME ZONE zone) - (next AT TIME ZONE 'UTC') <> shift THEN
            low := floor(extract(epoch FROM moment));
            high := ceil(extract(epoch FROM next));
            WHILE high - low > 1 LOOP
                middle := (low + high) / 2;
                IF (to_timestamp(middle) AT TIME ZONE zone) - (to_timestamp(middle) AT TIME ZONE 'UTC') = shift THEN
                    low := middle;
                ELSE
                    high := middle;
                END IF;
            END LOOP;
            next := to_timestamp(high);
        END IF;
        moment := next;
    END LOOP;
    RETURN moment;
END $$;
"""
# So far into the window of a day, or of the next that has one.
SPREAD_AT = """
CREATE FUNCTION surveys_spread_at(
    day date, share double precision, zone text, send_from time, send_until time, send_days integer)
RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    opens interval := coalesce(send_from, time '00:00');
    closes interval := coalesce(send_until, time '24:00');
    first timestamptz := surveys_allowed_at(day::timestamp AT TIME ZONE zone, zone, send_from, send_until, send_days);
    wished timestamp := date_trunc('day', first AT TIME ZONE zone) + opens + (closes - opens) * share;
BEGIN
    RETURN surveys_allowed_at(
        greatest(first, wished AT TIME ZONE zone), zone, send_from, send_until, send_days);
END $$;
"""


class Migration(migrations.Migration):
    """When a message may go out: in the hours and on the weekdays of a campaign, by the clock of its customer."""

    dependencies = [
        ("surveys", "0023_the_campaign_engine"),
    ]

    operations = [
        migrations.RunSQL(ZONE, "DROP FUNCTION surveys_zone(text, text)"),
        migrations.RunSQL(ALLOWED_AT, "DROP FUNCTION surveys_allowed_at(timestamptz, text, time, time, integer)"),
        migrations.RunSQL(
            SPREAD_AT, "DROP FUNCTION surveys_spread_at(date, double precision, text, time, time, integer)"
        ),
    ]
