"""HTTP mechanics shared by all endpoints: middleware, problem documents, idempotency, downloads."""
