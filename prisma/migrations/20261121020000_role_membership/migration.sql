-- A login role without superuser rights that made the two roles is their administrator on PostgreSQL 16 and later, but may not step
-- down to them until that is granted as well; before 16 membership alone was enough.
DO $$
DECLARE wanted text;
BEGIN
  IF current_setting('server_version_num')::int >= 160000 THEN
    FOREACH wanted IN ARRAY ARRAY['counterpart_app', 'counterpart_scheduler'] LOOP
      IF NOT pg_has_role(current_user, wanted, 'SET') THEN
        EXECUTE format('GRANT %I TO %I WITH SET TRUE', wanted, current_user);
      END IF;
    END LOOP;
  END IF;
END $$;
