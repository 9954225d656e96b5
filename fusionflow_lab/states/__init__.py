"""States: small Arrow tables that merge in any grouping, their store, and the SQL that evaluates them."""
