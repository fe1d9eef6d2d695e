"""The `alert-bridge` command: composition roots, and what people type."""
