-- name: AddUsage :exec
INSERT INTO credits (org_id, config_id, hour, purpose, calls, credits, refused, over_credits, over_concurrency, over_rate, over_tokens, failed, remaining, remaining_at)
VALUES (@org_id, @config_id, @hour, @purpose, @calls, @credits, @refused, @over_credits, @over_concurrency, @over_rate, @over_tokens, @failed, @remaining, @remaining_at)
ON CONFLICT (org_id, config_id, hour, purpose) DO UPDATE SET calls = credits.calls + excluded.calls, credits = credits.credits + excluded.credits,
  over_credits = credits.over_credits + excluded.over_credits, over_concurrency = credits.over_concurrency + excluded.over_concurrency,
  over_rate = credits.over_rate + excluded.over_rate, over_tokens = credits.over_tokens + excluded.over_tokens,
  refused = credits.refused + excluded.refused, failed = credits.failed + excluded.failed,
  remaining = CASE WHEN excluded.remaining_at > credits.remaining_at THEN excluded.remaining ELSE credits.remaining END,
  remaining_at = CASE WHEN excluded.remaining_at > credits.remaining_at THEN excluded.remaining_at ELSE credits.remaining_at END;

-- name: Usage :many
SELECT hour, purpose, calls, credits, refused, over_credits, over_concurrency, over_rate, over_tokens, failed, remaining, remaining_at FROM credits
WHERE org_id = @org_id AND config_id = @config_id AND hour >= @since_ms ORDER BY hour, purpose;

-- name: DeleteUsage :execrows
DELETE FROM credits WHERE hour < @before_ms;
