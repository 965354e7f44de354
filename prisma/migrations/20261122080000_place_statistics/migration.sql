-- A portal belongs to one workspace. Not knowing that, PostgreSQL takes the records of one portal for a handful and looks through all of
-- them for the one that a card asks for; knowing it, it goes by the whole key.
CREATE STATISTICS "host_record_place" (dependencies) ON "workspace_id", "connection_id", "object_type" FROM "host_record";
CREATE STATISTICS "dirty_place" (dependencies) ON "workspace_id", "connection_id", "object_type" FROM "dirty";
CREATE STATISTICS "record_alias_place" (dependencies) ON "workspace_id", "connection_id", "object_type" FROM "record_alias";
-- Of what is there already, the next analysis would tell; a server that comes back from an update does not wait for it.
ANALYZE "host_record", "dirty", "record_alias";
