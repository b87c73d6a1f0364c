-- name: KeepVisit :exec
-- What is newer goes over what is there; the farthest step stays.
INSERT INTO visits (org_id, id, started_at, seen_at, step, enquiry, spam, answered_at, service_id, postal_code, from_day, to_day, lost, also, appointment_id)
VALUES (@org_id, @id, @started_at, @seen_at, @step, @enquiry, @spam, @answered_at, @service_id, @postal_code, @from_day, @to_day, @lost, @also, @appointment_id)
ON CONFLICT (org_id, id) DO UPDATE SET
  seen_at = CASE WHEN excluded.seen_at > visits.seen_at THEN excluded.seen_at ELSE visits.seen_at END,
  step = CASE WHEN excluded.step > visits.step THEN excluded.step ELSE visits.step END,
  enquiry = CASE WHEN excluded.enquiry > visits.enquiry THEN excluded.enquiry ELSE visits.enquiry END,
  spam = CASE WHEN excluded.spam > visits.spam THEN excluded.spam ELSE visits.spam END,
  service_id = CASE WHEN excluded.answered_at >= visits.answered_at AND excluded.service_id <> '' THEN excluded.service_id ELSE visits.service_id END,
  postal_code = CASE WHEN excluded.answered_at > 0 AND excluded.answered_at >= visits.answered_at THEN excluded.postal_code ELSE visits.postal_code END,
  from_day = CASE WHEN excluded.answered_at > 0 AND excluded.answered_at >= visits.answered_at THEN excluded.from_day ELSE visits.from_day END,
  to_day = CASE WHEN excluded.answered_at > 0 AND excluded.answered_at >= visits.answered_at THEN excluded.to_day ELSE visits.to_day END,
  lost = CASE WHEN excluded.answered_at > 0 AND excluded.answered_at >= visits.answered_at THEN excluded.lost ELSE visits.lost END,
  also = CASE WHEN excluded.answered_at > 0 AND excluded.answered_at >= visits.answered_at THEN excluded.also ELSE visits.also END,
  answered_at = CASE WHEN excluded.answered_at > visits.answered_at THEN excluded.answered_at ELSE visits.answered_at END,
  appointment_id = CASE WHEN excluded.appointment_id <> '' THEN excluded.appointment_id ELSE visits.appointment_id END;

-- name: CountVisits :many
SELECT v.service_id, v.lost, v.also, v.enquiry, CAST(CASE WHEN a.status = 'completed' AND v.step = 5 THEN 6 ELSE v.step END AS BIGINT) AS reached, count(*) AS n
FROM visits v LEFT JOIN appointments a ON a.org_id = v.org_id AND a.id = v.appointment_id
WHERE v.org_id = @org_id AND v.started_at >= @from_ms AND v.started_at < @to_ms AND v.spam = 0
GROUP BY 1, 2, 3, 4, 5;

-- name: CountVisitDays :many
SELECT service_id, lost, also, enquiry, step, CAST(sum(visits) AS BIGINT) AS n FROM visit_days
WHERE org_id = @org_id AND day >= @from_day AND day < @to_day
GROUP BY service_id, lost, also, enquiry, step;

-- name: AskedVisits :many
-- The visits that asked for times, the newest first, with what was booked.
SELECT v.id, v.started_at, v.answered_at, v.step, v.service_id, v.postal_code, v.from_day, v.to_day, v.lost, v.appointment_id
FROM visits v
WHERE v.org_id = @org_id AND v.started_at >= @from_ms AND v.started_at < @to_ms AND v.spam = 0 AND v.step >= 2 AND v.answered_at > 0
ORDER BY v.started_at DESC, v.id LIMIT @n;

-- name: RollUpVisits :execrows
INSERT INTO visit_days (org_id, day, service_id, step, lost, also, enquiry, visits)
SELECT v.org_id, v.started_at / 86400000, v.service_id, CASE WHEN a.status = 'completed' AND v.step = 5 THEN 6 ELSE v.step END, v.lost, v.also, v.enquiry, count(*)
FROM visits v LEFT JOIN appointments a ON a.org_id = v.org_id AND a.id = v.appointment_id
WHERE v.org_id IN (SELECT id FROM organizations) AND v.started_at < @before_ms AND v.spam = 0
GROUP BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (org_id, day, service_id, step, lost, also, enquiry) DO UPDATE SET visits = visit_days.visits + excluded.visits;

-- name: DeleteVisits :execrows
DELETE FROM visits WHERE org_id IN (SELECT id FROM organizations) AND started_at < @before_ms;

-- name: DeleteVisitDays :execrows
DELETE FROM visit_days WHERE org_id IN (SELECT id FROM organizations) AND day < @before_day;

-- name: HeldAppointments :many
SELECT id, status, service_id, rep_id, starts_at, ends_at, postal_code, created_at, updated_at FROM appointments
WHERE org_id = @org_id AND starts_at >= @from_ms AND starts_at < @to_ms ORDER BY starts_at, id;

-- name: LeadsMade :many
SELECT kind, stage, utm, created_at, contacted_at FROM leads
WHERE org_id = @org_id AND created_at >= @from_ms AND created_at < @to_ms ORDER BY created_at, id;
