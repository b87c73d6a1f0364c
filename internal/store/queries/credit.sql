-- name: AddUsage :exec
INSERT INTO credits (org_id, config_id, hour, purpose, calls, credits, refused, failed, remaining, remaining_at)
VALUES (@org_id, @config_id, @hour, @purpose, @calls, @credits, @refused, @failed, @remaining, @remaining_at)
ON CONFLICT (org_id, config_id, hour, purpose) DO UPDATE SET calls = credits.calls + excluded.calls, credits = credits.credits + excluded.credits,
  refused = credits.refused + excluded.refused, failed = credits.failed + excluded.failed,
  remaining = CASE WHEN excluded.remaining_at > credits.remaining_at THEN excluded.remaining ELSE credits.remaining END,
  remaining_at = CASE WHEN excluded.remaining_at > credits.remaining_at THEN excluded.remaining_at ELSE credits.remaining_at END;

-- name: Usage :many
SELECT hour, purpose, calls, credits, refused, failed, remaining, remaining_at FROM credits
WHERE org_id = @org_id AND config_id = @config_id AND hour >= @since_ms ORDER BY hour, purpose;

-- name: DeleteUsage :execrows
DELETE FROM credits WHERE hour < @before_ms;
