-- name: WaitPolicy :one
SELECT document FROM waitlists WHERE org_id = @org_id;

-- name: PutWaitPolicy :exec
INSERT INTO waitlists (org_id, document, looked, looked_at) VALUES (@org_id, @document, 0, 0)
ON CONFLICT (org_id) DO UPDATE SET document = excluded.document, looked = 0;

-- name: PutLooked :exec
INSERT INTO waitlists (org_id, document, looked, looked_at) VALUES (@org_id, '', @looked, @looked_at)
ON CONFLICT (org_id) DO UPDATE SET looked = excluded.looked, looked_at = excluded.looked_at;

-- name: WaitlistsToLook :many
SELECT s.org_id, s.revision FROM schedules s LEFT JOIN waitlists w ON w.org_id = s.org_id
WHERE EXISTS (SELECT 1 FROM waitlist_offers f WHERE f.org_id = s.org_id AND (f.state = 'accepting' OR f.state = 'open' AND f.expires_at <= @now_ms))
  OR (EXISTS (SELECT 1 FROM waitlist_entries e WHERE e.org_id = s.org_id AND e.settled_at = 0)
    AND (COALESCE(w.looked, 0) <> s.revision OR COALESCE(w.looked_at, 0) <= @before_ms));

-- name: CountWaitEntries :one
SELECT count(*) FROM waitlist_entries WHERE org_id = @org_id AND settled_at = 0;

-- name: WaitingOf :one
SELECT id FROM waitlist_entries WHERE org_id = @org_id AND service_id = @service_id AND email = @email AND state = 'waiting';

-- name: InsertWaitEntry :exec
INSERT INTO waitlist_entries (org_id, id, service_id, wish, email, contact, notes, answers, utm, timezone, language, state, appointment_id, known, unanswered,
  token_hash, token_sealed, created_at, settled_at)
VALUES (@org_id, @id, @service_id, @wish, @email, @contact, @notes, @answers, @utm, @timezone, @language, 'waiting', '', @known, 0,
  @token_hash, @token_sealed, @created_at, 0);

-- name: WaitEntry :one
SELECT * FROM waitlist_entries WHERE org_id = @org_id AND id = @id;

-- name: WaitByToken :one
SELECT * FROM waitlist_entries WHERE token_hash = @token_hash;

-- name: WaitingEntries :many
SELECT * FROM waitlist_entries WHERE org_id = @org_id AND settled_at = 0 ORDER BY created_at, id;

-- name: SettledEntries :many
SELECT * FROM waitlist_entries WHERE org_id = @org_id AND settled_at > 0 ORDER BY settled_at DESC, id LIMIT @n;

-- name: SetKnown :exec
UPDATE waitlist_entries SET known = @known WHERE org_id = @org_id AND id = @id;

-- name: SettleWaitEntry :execrows
UPDATE waitlist_entries SET state = @state, settled_at = @at, appointment_id = @appointment_id WHERE org_id = @org_id AND id = @id AND settled_at = 0;

-- name: CountUnanswered :one
UPDATE waitlist_entries SET unanswered = unanswered + 1 WHERE org_id = @org_id AND id = @id RETURNING unanswered;

-- name: AnswerWait :exec
UPDATE waitlist_entries SET unanswered = 0 WHERE org_id = @org_id AND id = @id;

-- name: BookedSince :one
SELECT count(*) FROM appointments a JOIN customers c ON c.org_id = a.org_id AND c.id = a.customer_id
WHERE a.org_id = @org_id AND c.email = @email AND c.email <> '' AND a.service_id = @service_id AND a.created_at > @since_ms AND a.status IN ('confirmed', 'tentative');

-- name: InsertWaitOffer :exec
INSERT INTO waitlist_offers (org_id, id, entry_id, hold_id, service_id, rep_id, starts_at, ends_at, made_at, expires_at, made_by, state, changed_at)
VALUES (@org_id, @id, @entry_id, @hold_id, @service_id, @rep_id, @starts_at, @ends_at, @made_at, @expires_at, @made_by, 'open', @made_at);

-- name: WaitOffer :one
SELECT * FROM waitlist_offers WHERE org_id = @org_id AND id = @id;

-- name: WaitOffersOf :many
SELECT * FROM waitlist_offers WHERE org_id = @org_id AND entry_id = @entry_id ORDER BY made_at DESC, id DESC;

-- name: WaitOffersOfWaiting :many
SELECT f.* FROM waitlist_offers f JOIN waitlist_entries e ON e.org_id = f.org_id AND e.id = f.entry_id
WHERE f.org_id = @org_id AND (e.settled_at = 0 OR f.state = 'accepting') ORDER BY f.made_at DESC, f.id DESC;

-- name: LiveOffers :one
SELECT count(*) FROM waitlist_offers WHERE org_id = @org_id AND entry_id = @entry_id AND state IN ('open', 'accepting');

-- name: BeginAccept :execrows
UPDATE waitlist_offers SET state = 'accepting', changed_at = CASE WHEN state = 'open' THEN CAST(@now_ms AS BIGINT) ELSE changed_at END
WHERE org_id = @org_id AND id = @id AND (state = 'accepting' OR state = 'open' AND expires_at > @since_ms);

-- name: EndWaitOffer :execrows
UPDATE waitlist_offers SET state = @state, changed_at = @now_ms WHERE org_id = @org_id AND id = @id AND state = @was;

-- name: OpenOfferOf :many
SELECT id, hold_id FROM waitlist_offers WHERE org_id = @org_id AND entry_id = @entry_id AND state = 'open';

-- name: DeleteWaitOffers :execrows
DELETE FROM waitlist_offers WHERE EXISTS (SELECT 1 FROM waitlist_entries e WHERE e.org_id = waitlist_offers.org_id AND e.id = waitlist_offers.entry_id
  AND e.settled_at > 0 AND e.settled_at <= @before_ms);

-- name: DeleteWaitEntries :execrows
DELETE FROM waitlist_entries WHERE settled_at > 0 AND settled_at <= @before_ms;
