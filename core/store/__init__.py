"""Rows: tables, the engine, one module of statements per table. Facts live here; opinions live in the domain."""
