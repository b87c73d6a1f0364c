-- name: UseProof :exec
INSERT INTO used_proofs (org_id, form_hash, request_hash, expires_at) VALUES (@org_id, @form_hash, @request_hash, @expires_at)
ON CONFLICT (org_id, form_hash) DO NOTHING;

-- name: ProofUsedBy :one
SELECT request_hash FROM used_proofs WHERE org_id = @org_id AND form_hash = @form_hash;

-- name: FreeProof :exec
DELETE FROM used_proofs WHERE org_id = @org_id AND form_hash = @form_hash AND request_hash = @request_hash;

-- name: DeleteUsedProofs :execrows
DELETE FROM used_proofs WHERE expires_at <= @now_ms;
