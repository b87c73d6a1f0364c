-- name: MirrorBlocks :many
-- What stands in the CRM and is no appointment of ours. One that lasts at most a day is found by its start from both sides.
SELECT m.source, m.record_id, m.starts_at, m.ends_at, m.all_day, r.id AS rep_id, r.timezone
FROM mirror m
JOIN mirror_sources s ON s.org_id = m.org_id AND s.config_id = m.config_id AND s.source = m.source AND s.counted = 1
JOIN reps r ON r.org_id = m.org_id AND r.archived = 0 AND (r.id = m.rep_id OR (m.rep_id = '' AND r.crm_user = m.owner AND r.crm_user <> ''))
WHERE m.org_id = @org_id AND m.days = 0 AND m.starts_at < @to_ms AND m.starts_at > CAST(@from_ms AS BIGINT) - 86400001 AND m.ends_at > @from_ms
  AND m.cancelled IN (0, 2) AND (m.disputed = 1 OR NOT EXISTS (
    SELECT 1 FROM crm_links k WHERE k.org_id = m.org_id AND k.module = m.source AND k.record_id = m.record_id AND k.role = 'appointment'))
  AND (m.rep_id = '' OR NOT EXISTS ( -- our own entry, as we wrote it
    SELECT 1 FROM crm_links k JOIN appointments a ON a.org_id = k.org_id AND a.id = k.subject
    WHERE k.org_id = m.org_id AND k.module = m.source AND k.record_id = m.record_id AND k.role = 'calendar'
      AND (m.starts_at = k.begun_start OR m.starts_at = a.starts_at) AND m.ends_at - m.starts_at = a.ends_at - a.starts_at))
UNION ALL
SELECT m.source, m.record_id, m.starts_at, m.ends_at, m.all_day, r.id AS rep_id, r.timezone
FROM mirror m
JOIN mirror_sources s ON s.org_id = m.org_id AND s.config_id = m.config_id AND s.source = m.source AND s.counted = 1
JOIN reps r ON r.org_id = m.org_id AND r.archived = 0 AND (r.id = m.rep_id OR (m.rep_id = '' AND r.crm_user = m.owner AND r.crm_user <> ''))
WHERE m.org_id = @org_id AND m.days = 1 AND m.starts_at < CAST(@to_ms AS BIGINT) + 172800000 AND m.ends_at > CAST(@from_ms AS BIGINT) - 172800000
  AND m.cancelled IN (0, 2) AND (m.disputed = 1 OR NOT EXISTS (
    SELECT 1 FROM crm_links k WHERE k.org_id = m.org_id AND k.module = m.source AND k.record_id = m.record_id AND k.role = 'appointment'));

-- name: MirrorSeries :many
-- Records that say how they repeat and stand for no appointment of ours. Where one rule is that of several, each occurrence has its
-- own record.
SELECT m.source, m.record_id, m.starts_at, m.ends_at, m.all_day, m.rule, r.id AS rep_id, r.timezone
FROM mirror m
JOIN mirror_sources s ON s.org_id = m.org_id AND s.config_id = m.config_id AND s.source = m.source AND s.counted = 1
JOIN reps r ON r.org_id = m.org_id AND r.archived = 0 AND m.rep_id = '' AND r.crm_user = m.owner AND r.crm_user <> ''
WHERE m.org_id = @org_id AND m.rule <> '' AND m.cancelled IN (0, 2)
  AND NOT EXISTS (SELECT 1 FROM mirror o WHERE o.org_id = m.org_id AND o.config_id = m.config_id AND o.source = m.source AND o.rule = m.rule AND o.owner = m.owner
    AND o.record_id <> m.record_id)
  AND NOT EXISTS (SELECT 1 FROM crm_links k WHERE k.org_id = m.org_id AND k.module = m.source AND k.record_id = m.record_id AND k.role = 'appointment')
ORDER BY m.source, m.record_id;

-- name: OwnersAhead :many
SELECT owner, count(*) AS records FROM mirror
WHERE org_id = @org_id AND config_id = @config_id AND owner <> '' AND cancelled IN (0, 2) AND ends_at > @now_ms
GROUP BY owner ORDER BY owner;

-- name: OwnEntries :many
-- What of ours stands in reps' calendars in Zoho: busy times that are exactly these are ours. What only its title calls
-- off is busy in Zoho all the same.
SELECT r.id AS rep_id, m.starts_at, m.ends_at
FROM mirror m
JOIN reps r ON r.org_id = m.org_id AND (r.id = m.rep_id OR (m.rep_id = '' AND r.crm_user = m.owner AND r.crm_user <> ''))
JOIN crm_links k ON k.org_id = m.org_id AND k.module = m.source AND k.record_id = m.record_id AND k.role IN ('appointment', 'calendar')
WHERE m.org_id = @org_id AND m.days = 0 AND m.starts_at < @to_ms AND m.starts_at > CAST(@from_ms AS BIGINT) - 86400001 AND m.ends_at > @from_ms
  AND m.cancelled <> 1 AND (m.source = @shown OR m.rep_id <> '');

-- name: MirrorRows :many
SELECT record_id, owner, rep_id, starts_at, ends_at, all_day, cancelled, modified_at, rule FROM mirror
WHERE org_id = @org_id AND config_id = @config_id AND source = @source;

-- name: PutMirror :exec
INSERT INTO mirror (org_id, config_id, source, record_id, owner, rep_id, starts_at, ends_at, all_day, days, cancelled, modified_at, rule)
VALUES (@org_id, @config_id, @source, @record_id, @owner, @rep_id, @starts_at, @ends_at, @all_day, @days, @cancelled, @modified_at, @rule)
ON CONFLICT (org_id, config_id, source, record_id) DO UPDATE SET owner = excluded.owner, rep_id = excluded.rep_id, starts_at = excluded.starts_at,
  ends_at = excluded.ends_at, all_day = excluded.all_day, days = excluded.days, cancelled = excluded.cancelled, modified_at = excluded.modified_at, rule = excluded.rule;

-- name: DeleteMirror :exec
DELETE FROM mirror WHERE org_id = @org_id AND config_id = @config_id AND source = @source AND record_id = @record_id;

-- name: DeleteMirrorSource :exec
DELETE FROM mirror WHERE org_id = @org_id AND config_id = @config_id AND source = @source;

-- name: DisputeMirror :exec
UPDATE mirror SET disputed = 1 WHERE org_id = @org_id AND config_id = @config_id AND source = @source AND record_id = @record_id;

-- name: MirrorSources :many
SELECT source, counted, as_of, tried_at, error, noticed_at, records, tag FROM mirror_sources
WHERE org_id = @org_id AND config_id = @config_id ORDER BY source;

-- name: PutMirrorSource :exec
-- One that takes reps' time from now on is read anew: more is asked of it then.
INSERT INTO mirror_sources (org_id, config_id, source, counted, as_of, tried_at, error, records)
VALUES (@org_id, @config_id, @source, @counted, 0, 0, '', 0)
ON CONFLICT (org_id, config_id, source) DO UPDATE SET counted = excluded.counted,
  as_of = CASE WHEN mirror_sources.counted < excluded.counted THEN 0 ELSE mirror_sources.as_of END;

-- name: ReadMirrorSource :exec
UPDATE mirror_sources SET as_of = @as_of, tried_at = @tried_at, error = '', records = @records, tag = @tag
WHERE org_id = @org_id AND config_id = @config_id AND source = @source;

-- name: FailMirrorSource :exec
UPDATE mirror_sources SET tried_at = @tried_at, error = @error WHERE org_id = @org_id AND config_id = @config_id AND source = @source;

-- name: NoticeMirrorSource :exec
UPDATE mirror_sources SET noticed_at = @at WHERE org_id = @org_id AND config_id = @config_id AND source = @source;

-- name: DropMirrorSource :exec
DELETE FROM mirror_sources WHERE org_id = @org_id AND config_id = @config_id AND source = @source;

-- name: SetSource :exec
-- The availability source of an organization as its slots need it. This alone raises no revision: no slot changes by it.
UPDATE schedules SET source_as_of = @as_of, source_budget = @budget, source_policy = @policy WHERE org_id = @org_id;

-- name: MarkDirty :exec
INSERT INTO mirror_dirty (org_id, config_id, module, record_id, version, noticed_at, made)
VALUES (@org_id, @config_id, @module, @record_id, 1, @noticed_at, @made)
ON CONFLICT (org_id, config_id, module, record_id) DO UPDATE SET version = mirror_dirty.version + 1, made = mirror_dirty.made * excluded.made;

-- name: DirtyRows :many
-- The oldest of each module: one that cannot be read at the moment takes no other's place.
WITH placed AS (
  SELECT module, record_id, version, noticed_at, made, ROW_NUMBER() OVER (PARTITION BY module ORDER BY noticed_at, record_id) AS place
  FROM mirror_dirty WHERE org_id = @org_id AND config_id = @config_id)
SELECT module, record_id, version, noticed_at, made FROM placed WHERE placed.place <= CAST(@n AS BIGINT) ORDER BY noticed_at, module, record_id;

-- name: CleanDirty :execrows
DELETE FROM mirror_dirty WHERE org_id = @org_id AND config_id = @config_id AND module = @module AND record_id = @record_id AND version = @version;

-- name: AppointmentLinks :many
-- Appointments that records of a module stand for, as far as they may still change.
SELECT k.subject, k.module, k.record_id, k.sight, k.sending, k.sights, k.seen_at, a.starts_at, a.ends_at, a.rep_id, a.status, a.pushed, a.revision,
  CAST((SELECT COUNT(*) FROM conflicts x WHERE x.org_id = k.org_id AND x.appointment_id = a.id AND x.settled_at = 0 AND x.kind <> 'collision') AS BIGINT) AS disputes
FROM crm_links k JOIN appointments a ON a.org_id = k.org_id AND a.id = k.subject
WHERE k.org_id = @org_id AND k.config_id = @config_id AND k.module = @module AND k.role = 'appointment' AND k.record_id NOT IN ('', '-')
  AND a.ends_at > @from_ms AND a.starts_at < @to_ms;

-- name: AppointmentLink :one
SELECT k.subject, k.module, k.record_id, k.sight, k.sending, k.sights, k.seen_at, a.starts_at, a.ends_at, a.rep_id, a.status, a.pushed, a.revision,
  CAST((SELECT COUNT(*) FROM conflicts x WHERE x.org_id = k.org_id AND x.appointment_id = a.id AND x.settled_at = 0 AND x.kind <> 'collision') AS BIGINT) AS disputes
FROM crm_links k JOIN appointments a ON a.org_id = k.org_id AND a.id = k.subject
WHERE k.org_id = @org_id AND k.config_id = @config_id AND k.module = @module AND k.record_id = @record_id AND k.role = 'appointment';

-- name: SeeLink :exec
UPDATE crm_links SET seen_at = @seen_at
WHERE org_id = @org_id AND config_id = @config_id AND subject = @subject AND role = 'appointment' AND record_id = @record_id AND seen_at = 0;

-- name: PutSight :execrows
UPDATE crm_links SET sight = @sight, sending = @sending, sights = sights + 1
WHERE org_id = @org_id AND config_id = @config_id AND subject = @subject AND role = 'appointment' AND sights = @sights;

-- name: SightOf :one
SELECT sight, sending, sights FROM crm_links WHERE org_id = @org_id AND config_id = @config_id AND subject = @subject AND role = 'appointment';

-- name: InsertConflict :one
-- Gives the id of the one that is open: another than the new one when there was one already.
INSERT INTO conflicts (org_id, id, config_id, appointment_id, kind, module, record_id, ours, theirs, detail, opened_at)
VALUES (@org_id, @id, @config_id, @appointment_id, @kind, @module, @record_id, @ours, @theirs, @detail, @opened_at)
ON CONFLICT (org_id, appointment_id, kind, record_id) WHERE settled_at = 0 DO UPDATE SET theirs = excluded.theirs, ours = excluded.ours, detail = excluded.detail
RETURNING id;

-- name: UndisputeMirror :exec
-- A record about which nothing is open any more does not block besides its appointment.
UPDATE mirror SET disputed = 0 WHERE mirror.org_id = @org_id AND mirror.config_id = @config_id AND mirror.source = @source AND mirror.record_id = @record_id
  AND mirror.disputed = 1 AND NOT EXISTS (SELECT 1 FROM conflicts x WHERE x.org_id = mirror.org_id AND x.record_id = mirror.record_id AND x.settled_at = 0);

-- name: CountConflicts :one
-- Those of appointments and those of people.
SELECT CAST((SELECT COUNT(*) FROM conflicts c WHERE c.org_id = @org_id AND c.settled_at = 0)
  + (SELECT COUNT(*) FROM disagreements d WHERE d.org_id = @org_id AND d.settled_at = 0) AS BIGINT) AS n;

-- name: ConflictsOf :many
SELECT * FROM conflicts WHERE org_id = @org_id AND appointment_id = @appointment_id ORDER BY opened_at, id;

-- name: Conflict :one
SELECT * FROM conflicts WHERE org_id = @org_id AND id = @id;

-- name: OpenConflicts :many
SELECT * FROM conflicts WHERE org_id = @org_id AND settled_at = 0 ORDER BY opened_at, id;

-- name: SettledConflicts :many
SELECT * FROM conflicts WHERE org_id = @org_id AND settled_at > 0 ORDER BY settled_at DESC, id LIMIT @n;

-- name: OpenConflictsOf :many
SELECT * FROM conflicts WHERE org_id = @org_id AND appointment_id = @appointment_id AND settled_at = 0 ORDER BY opened_at, id;

-- name: SettleConflict :execrows
UPDATE conflicts SET settled_at = @settled_at, settled_by = @settled_by, choice = @choice WHERE org_id = @org_id AND id = @id AND settled_at = 0;

-- name: WatchChannels :many
SELECT channel_id, path_sealed, token_sealed, modules, expires_at, renew_at, heard_at, made_at, error FROM watch_channels
WHERE org_id = @org_id AND config_id = @config_id ORDER BY channel_id;

-- name: PutWatchChannel :exec
INSERT INTO watch_channels (org_id, config_id, channel_id, path_hash, path_sealed, token_sealed, modules, expires_at, renew_at, made_at, error)
VALUES (@org_id, @config_id, @channel_id, @path_hash, @path_sealed, @token_sealed, @modules, @expires_at, @renew_at, @made_at, @error)
ON CONFLICT (org_id, config_id, channel_id) DO UPDATE SET modules = excluded.modules, expires_at = excluded.expires_at,
  renew_at = excluded.renew_at, error = excluded.error;

-- name: HeardChannel :exec
UPDATE watch_channels SET heard_at = @heard_at WHERE org_id = @org_id AND config_id = @config_id AND channel_id = @channel_id;

-- name: DeleteWatchChannel :exec
DELETE FROM watch_channels WHERE org_id = @org_id AND config_id = @config_id AND channel_id = @channel_id;

-- name: ChannelByPath :one
SELECT org_id, config_id, channel_id, token_sealed, modules FROM watch_channels WHERE path_hash = @path_hash;

-- name: Collisions :many
-- Appointments that stand in the CRM, and what else stands there at their time, made or moved since then and not yet told of.
SELECT a.id, m.source, m.record_id, m.starts_at, m.ends_at
FROM appointments a
JOIN reps r ON r.org_id = a.org_id AND r.id = a.rep_id
JOIN mirror m ON m.org_id = a.org_id AND m.config_id = @config_id AND m.days = 0 AND m.starts_at < a.ends_at AND m.starts_at > a.starts_at - 86400001
  AND m.ends_at > a.starts_at AND m.cancelled IN (0, 2) AND (m.rep_id = r.id OR (m.rep_id = '' AND m.owner = r.crm_user AND r.crm_user <> ''))
JOIN mirror_sources s ON s.org_id = m.org_id AND s.config_id = m.config_id AND s.source = m.source AND (s.counted = 1 OR s.source = @shown)
WHERE a.org_id = @org_id AND a.status IN ('confirmed', 'tentative') AND a.ends_at > @now_ms AND a.pushed >= a.revision
  AND (a.updated_at > @since_ms OR m.modified_at > @since_ms OR a.status = 'tentative')
  -- A calendar that was read about when we wrote to it may still show what we have moved.
  AND (m.rep_id = '' OR a.status = 'tentative' OR s.as_of > a.updated_at + 60000)
  AND NOT EXISTS (SELECT 1 FROM crm_links k WHERE k.org_id = m.org_id AND k.module = m.source AND k.record_id = m.record_id AND k.role IN ('appointment', 'calendar'))
  -- Busy times have no names: those that are exactly ours are, unless there are more of them.
  AND (m.source NOT LIKE 'busy:%' OR m.starts_at <> a.starts_at OR m.ends_at <> a.ends_at OR
    (SELECT count(*) FROM mirror b WHERE b.org_id = m.org_id AND b.config_id = m.config_id AND b.source = m.source AND b.starts_at = m.starts_at AND b.ends_at = m.ends_at)
    > (SELECT count(*) FROM mirror w JOIN crm_links k ON k.org_id = w.org_id AND k.module = w.source AND k.record_id = w.record_id AND k.role IN ('appointment', 'calendar')
      WHERE w.org_id = m.org_id AND w.starts_at = m.starts_at AND w.ends_at = m.ends_at AND w.cancelled <> 1
        AND ((w.source = @shown AND w.owner = r.crm_user) OR w.rep_id = r.id)))
  AND NOT EXISTS (SELECT 1 FROM conflicts x WHERE x.org_id = a.org_id AND x.appointment_id = a.id AND x.kind = 'collision' AND x.record_id = m.record_id
    AND (x.settled_at = 0 OR x.opened_at >= m.modified_at))
ORDER BY a.starts_at, a.id, m.record_id DESC LIMIT 100;

-- name: StandsForOurs :one
-- Whether a record or an entry stands for an appointment of ours.
SELECT count(*) FROM crm_links k
WHERE k.org_id = @org_id AND k.module = @module AND k.record_id = @record_id AND k.role IN ('appointment', 'calendar');

-- name: MirrorRow :one
SELECT record_id, owner, rep_id, starts_at, ends_at, all_day, cancelled, modified_at, rule FROM mirror
WHERE org_id = @org_id AND config_id = @config_id AND source = @source AND record_id = @record_id;

-- name: MootCollisions :many
-- Of an all-day record the days count, which are laid on noon.
SELECT x.* FROM conflicts x WHERE x.org_id = @org_id AND x.kind = 'collision' AND x.settled_at = 0 AND NOT EXISTS (
  SELECT 1 FROM appointments a JOIN mirror m ON m.org_id = a.org_id AND m.config_id = x.config_id AND m.source = x.module AND m.record_id = x.record_id
  WHERE a.org_id = x.org_id AND a.id = x.appointment_id AND a.status IN ('confirmed', 'tentative') AND m.cancelled IN (0, 2)
    AND m.starts_at - m.all_day * 43200000 < a.ends_at AND m.ends_at + m.all_day * 39600000 > a.starts_at AND a.ends_at > @now_ms);

-- name: TentativeBefore :many
SELECT a.id FROM appointments a WHERE a.org_id = @org_id AND a.status = 'tentative' AND a.request = 0 AND a.updated_at < @before_ms AND a.pushed >= a.revision
  AND NOT EXISTS (SELECT 1 FROM conflicts x WHERE x.org_id = a.org_id AND x.appointment_id = a.id AND x.settled_at = 0)
ORDER BY a.created_at, a.id LIMIT 100;

-- name: AddSourceHour :exec
INSERT INTO source_hours (org_id, config_id, source, hour, readings, failed, lag_ms, changes, checked, corrected)
VALUES (@org_id, @config_id, @source, @hour, 1, @failed, @lag_ms, @changes, @checked, @corrected)
ON CONFLICT (org_id, config_id, source, hour) DO UPDATE SET readings = source_hours.readings + 1, failed = source_hours.failed + excluded.failed,
  lag_ms = CASE WHEN excluded.lag_ms > source_hours.lag_ms THEN excluded.lag_ms ELSE source_hours.lag_ms END, changes = source_hours.changes + excluded.changes,
  checked = CASE WHEN excluded.checked > source_hours.checked THEN excluded.checked ELSE source_hours.checked END, corrected = source_hours.corrected + excluded.corrected;

-- name: SourceHours :many
SELECT source, hour, readings, failed, lag_ms, changes, checked, corrected FROM source_hours
WHERE org_id = @org_id AND config_id = @config_id AND hour >= @since_ms ORDER BY source, hour;

-- name: DeleteSourceHours :execrows
DELETE FROM source_hours WHERE hour < @before_ms;

-- name: ForgetMirror :exec
DELETE FROM mirror WHERE org_id = @org_id AND config_id = @config_id;

-- name: ForgetSources :exec
DELETE FROM mirror_sources WHERE org_id = @org_id AND config_id = @config_id;

-- name: ForgetDirty :exec
DELETE FROM mirror_dirty WHERE org_id = @org_id AND config_id = @config_id;

-- name: ForgetChannels :exec
DELETE FROM watch_channels WHERE org_id = @org_id AND config_id = @config_id;

-- name: NoSource :exec
UPDATE schedules SET source_as_of = -1 WHERE org_id = @org_id;

-- name: SyncQueue :one
-- What of an organization is behind in the CRM, and what was told of and is not read yet.
SELECT
  CAST((SELECT COUNT(*) FROM appointments WHERE appointments.org_id = @org_id AND pushed < revision AND push_failed = 0) AS BIGINT) AS appointments,
  CAST((SELECT COUNT(*) FROM appointments WHERE appointments.org_id = @org_id AND pushed < revision AND push_failed > 0) AS BIGINT) AS failed_appointments,
  CAST((SELECT COUNT(*) FROM leads WHERE leads.org_id = @org_id AND pushed < revision AND push_failed = 0) AS BIGINT) AS leads,
  CAST((SELECT COUNT(*) FROM leads WHERE leads.org_id = @org_id AND pushed < revision AND push_failed > 0) AS BIGINT) AS failed_leads,
  CAST((SELECT COUNT(*) FROM mirror_dirty WHERE mirror_dirty.org_id = @org_id) AS BIGINT) AS changes;

-- name: WriteFailures :many
SELECT code, error, COUNT(*) AS n, CAST(MAX(at) AS BIGINT) AS newest FROM sync_attempts
WHERE org_id = @org_id AND state IN ('failed', 'unknown') AND at >= @since_ms GROUP BY code, error ORDER BY n DESC, code, error LIMIT 20;
