"""A simulated phone: connection manager, local database, outbox. The product's other half, not a test client."""
