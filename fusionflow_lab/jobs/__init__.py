"""Durable jobs: their records, events, life cycle and the database that keeps them."""
